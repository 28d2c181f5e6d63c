import ArgumentParser
import Wire

struct KeyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "key", abstract: "Who may speak to the service.", subcommands: [Create.self, List.self, Revoke.self])

  struct Create: ServerCommand {
    static let configuration = CommandConfiguration(
      abstract: "Make a key; its secret is shown this once.",
      discussion: "Without --file the line KEYID:SECRET goes to stdout; with it, to the file (0600), and the id to stdout.")
    @Option(help: "What the key may do.") var role: Choice<Role>
    @Option(help: "Whose it is, for people.") var name: String = ""
    @Option(help: ArgumentHelp("The only connections that it sees; for user and viewer.", valueName: "a,b"))
    var connections: String?
    @Option(help: ArgumentHelp("How long it is valid, such as 30d; else for ever.", valueName: "time")) var expires: TimeSpan?
    @Option(help: ArgumentHelp("How many requests a second it may make; not for agents.", valueName: "n")) var rate: UInt32?
    @Option(name: [.customShort("f"), .long], help: ArgumentHelp("Where to write it.", valueName: "file")) var file: String?
    @Flag(help: "Overwrite the file.") var force = false
    @OptionGroup(title: "Global options") var options: GlobalOptions

    func run(_ server: ServerLink, _ printer: Printer) async throws {
      // A key whose secret cannot be kept is better not made.
      if let file { try LocalFile.requireFree(file, force: force) }
      let key = try await KeyCommand.make(role: role.value, name: name, server) { request in
        request.connections = connections?.split(separator: ",").map { String($0) } ?? []
        request.requestsPerSecond = rate ?? 0
        request.validForMs = UInt64(expires?.milliseconds ?? 0)
      }
      if let file { try AtomicFile.write("\(key.id):\(key.secret)\n", to: file, mode: 0o600, overwrite: force) }
      switch printer.form {
      case .json, .jsonl: printer.object(key, id: key.id, showingSecrets: file == nil)
      case .table, .wide, .ids: printer.line(file == nil && printer.form != .ids ? "\(key.id):\(key.secret)" : key.id)
      }
    }
  }

  static func make(
    role: Role, name: String, _ server: ServerLink, _ fill: (inout KeyCreateRequest) -> Void = { _ in }
  ) async throws(WireError) -> KeyInfo {
    var request = KeyCreateRequest()
    request.role = role
    request.name = name
    fill(&request)
    return try await server.call(Methods.keyCreate, request)
  }

  struct List: ServerCommand {
    static let configuration = CommandConfiguration(abstract: "List the keys, without their secrets.")
    @OptionGroup var filter: FilterOption
    @OptionGroup(title: "Global options") var options: GlobalOptions

    func run(_ server: ServerLink, _ printer: Printer) async throws {
      printer.list(
        try filter.apply(to: try await server.call(Methods.keyList, Empty())),
        [
          .text("ID") { $0.id }, .text("ROLE") { $0.role.label }, .text("NAME", shrinks: true) { $0.name },
          .text("CONNECTIONS", shrinks: true) { $0.isLimited ? $0.connections.joined(separator: ",") : "all" },
          .time("CREATED") { $0.createdAt }, .number("RATE", wide: true) { UInt64($0.requestsPerSecond) },
          .time("EXPIRES") { $0.expiresAt }, .time("REVOKED") { $0.revokedAt },
        ])
    }
  }

  struct Revoke: ServerCommand {
    static let configuration = CommandConfiguration(abstract: "Revoke keys for ever.")
    @OptionGroup var batch: BatchSelection<KeyNoun>
    @OptionGroup(title: "Global options") var options: GlobalOptions

    func run(_ server: ServerLink, _ printer: Printer) async throws {
      guard let ids = try await batch.resolved("Revoke", isDestructive: true, " for ever", by: server, printer) else { return }
      try await Batch.run(ids, printer, told: { (key: KeyInfo) in "\(key.id) is revoked" }) { (id) throws(WireError) in
        try await server.call(Methods.keyRevoke, KeyRef(id: id))
      }
    }
  }
}
