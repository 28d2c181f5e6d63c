import ArgumentParser
import Wire

struct ConnectionCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "connection", abstract: "The databases that questions are asked about.",
    subcommands: [
      Create.self, List.self, Get.self, Update.self, Delete.self, Test.self, Scan.self, Schema.self,
    ])

  struct Create: ServerCommand {
    static let configuration = CommandConfiguration(
      abstract: "Make a connection.",
      discussion: "The agents open the database, so the URI must mean the same where they run.")
    @Option(help: ArgumentHelp("Its name: 1...64 of a-z, 0-9, '_' and '-'.", valueName: "alias")) var alias: String
    @Option(help: ArgumentHelp("Such as sqlite:///absolute/path.db.", valueName: "uri")) var uri: String
    @Option(help: "What it holds, for people and for the model.") var description: String?
    @Option(help: ArgumentHelp("Of its sessions: off, inject, capture or both (default: both).", valueName: "mode"))
    var learning: Choice<LearningMode>?
    @OptionGroup(title: "Global options") var options: GlobalOptions

    func run(_ server: ServerLink, _ printer: Printer) async throws {
      var request = ConnectionCreateRequest()
      request.learning = learning?.value ?? .unspecified
      request.id = alias
      request.uri = uri
      request.description = description ?? ""
      let made = try await server.call(Methods.connectionCreate, request)
      printer.object(made, id: made.id)
    }
  }

  struct List: ServerCommand {
    static let configuration = CommandConfiguration(abstract: "List the connections, newest first.")
    @OptionGroup var page: PageOptions
    @OptionGroup(title: "Global options") var options: GlobalOptions

    func run(_ server: ServerLink, _ printer: Printer) async throws {
      let list = try await server.pages(Methods.connectionList, ConnectionListRequest(), page)
      printer.list(
        list,
        [
          .text("ALIAS") { $0.id }, .text("DIALECT") { $0.dialect.label },
          .text("DESCRIPTION", shrinks: true) { $0.description }, .time("CREATED") { $0.createdAt },
          .time("UPDATED", wide: true) { $0.updatedAt }, .number("VERSION", wide: true) { $0.version },
        ])
    }
  }

  struct Get: ServerCommand {
    static let configuration = CommandConfiguration(abstract: "Show one connection; its URI stays masked.")
    @Argument(help: "The connection.", completion: LiveCompletion.connections) var alias: String
    @OptionGroup(title: "Global options") var options: GlobalOptions

    func run(_ server: ServerLink, _ printer: Printer) async throws {
      let found = try await server.call(Methods.connectionGet, ConnectionRef(id: alias))
      printer.detail(
        found, id: found.id,
        [
          ("alias", found.id), ("dialect", found.dialect.label), ("description", found.description),
          ("learning", found.learning == .unspecified ? "" : found.learning.label),
          ("created", printer.time(found.createdAt)), ("updated", printer.time(found.updatedAt)),
          ("version", "\(found.version)"),
        ])
    }
  }

  struct Update: ServerCommand {
    static let configuration = CommandConfiguration(abstract: "Change a connection's URI or description.")
    @Argument(help: "The connection.", completion: LiveCompletion.connections) var alias: String
    @Option(help: "The new URI.") var uri: String?
    @Option(help: "The new description; empty removes it.") var description: String?
    @Option(help: ArgumentHelp("Of its sessions: off, inject, capture or both.", valueName: "mode"))
    var learning: Choice<LearningMode>?
    @Option(help: ArgumentHelp("Only if it is still this version.", valueName: "version")) var ifVersion: UInt64?
    @OptionGroup(title: "Global options") var options: GlobalOptions

    func validate() throws {
      if uri == nil, description == nil, learning == nil {
        throw ValidationError("give --uri, --description or --learning")
      }
      if uri?.isEmpty == true { throw ValidationError("--uri must not be empty") }
    }

    func run(_ server: ServerLink, _ printer: Printer) async throws {
      var request = ConnectionUpdateRequest()
      request.id = alias
      request.uri = uri ?? ""
      request.description = description
      request.learning = learning?.value ?? .unspecified
      request.ifVersion = ifVersion
      let changed = try await server.call(Methods.connectionUpdate, request)
      printer.object(changed, id: changed.id)
    }
  }

  struct Delete: ServerCommand {
    static let configuration = CommandConfiguration(abstract: "Remove connections that no session uses.")
    @OptionGroup var batch: BatchSelection<ConnectionNoun>
    @OptionGroup(title: "Global options") var options: GlobalOptions

    func run(_ server: ServerLink, _ printer: Printer) async throws {
      let found = try await batch.resolved(
        "Delete", isDestructive: true, " and what was remembered about it", by: server, printer)
      guard let aliases = found else { return }
      try await Batch.run(aliases, printer, told: { (_: Empty) in "deleted" }) { (alias) throws(WireError) in
        try await server.call(Methods.connectionDelete, ConnectionRef(id: alias))
      }
    }
  }
}
