import ArgumentParser
import Wire

struct BlockCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "block", abstract: "Texts that go with every question of a connection or of a session.",
    subcommands: [Put.self, List.self, Get.self, Delete.self])

  struct Place: ParsableArguments {
    @OptionGroup var connection: ConnectionOption
    @Option(help: ArgumentHelp("'shared' or a session's id.", valueName: "scope")) var scope = "shared"

    func reference(to label: String, _ server: ServerLink) async throws(WireError) -> BlockRef {
      let alias = try await connection.resolved(by: server, scope: scope)
      return .with { ($0.dbConnectionId, $0.scope, $0.label) = (alias, scope, label) }
    }
  }

  struct Put: ServerCommand {
    static let configuration = CommandConfiguration(abstract: "Write a block, or replace the one with this label.")
    @OptionGroup var place: Place
    @Argument(help: "Its label.") var label: String
    @Argument(help: "Its text; '-' reads it from stdin.") var value: String
    @Option(help: "What belongs in it.") var description: String?
    @Option(help: ArgumentHelp("Characters that it may have (default: 5000).", valueName: "n")) var limit: UInt32 = 0
    @Flag(help: "Agents may read it and not write it.") var readOnly = false
    @Option(help: ArgumentHelp("Only if it is still this version.", valueName: "version")) var ifVersion: UInt64?
    @OptionGroup(title: "Global options") var options: GlobalOptions

    func run(_ server: ServerLink, _ printer: Printer) async throws {
      let reference = try await place.reference(to: label, server)
      let text = value == "-" ? try LocalFile.readText("/dev/stdin") : value
      let request = BlockPutRequest.with {
        $0.block = .with { block in
          (block.dbConnectionId, block.scope, block.label) = (reference.dbConnectionId, reference.scope, label)
          (block.value, block.description, block.limit, block.readOnly) = (text, description ?? "", limit, readOnly)
        }
        $0.ifVersion = ifVersion
      }
      let block = try await server.call(Methods.blockPut, request)
      printer.object(block, id: block.label)
    }
  }

  struct List: ServerCommand {
    static let configuration = CommandConfiguration(abstract: "List the shared blocks, and those of a session when it is named.")
    @OptionGroup var connection: ConnectionOption
    @Option(help: ArgumentHelp("See this session's own too.", valueName: "id"), completion: LiveCompletion.sessions) var session:
      String?
    @OptionGroup(title: "Global options") var options: GlobalOptions

    func run(_ server: ServerLink, _ printer: Printer) async throws {
      let alias = try await connection.resolved(by: server, scope: session)
      let list = try await server.call(
        Methods.blockList, .with { ($0.dbConnectionId, $0.sessionId) = (alias, session ?? "") })
      printer.list(
        list,
        [
          .text("SCOPE") { $0.scope }, .text("LABEL") { $0.label },
          ListColumn(title: "CHARACTERS", alignment: .right) { block, _ in "\(block.value.count)/\(block.limit)" },
          .text("READ-ONLY") { $0.readOnly ? "yes" : "" }, .text("TEXT", shrinks: true) { $0.value },
          .time("UPDATED") { $0.updatedAt },
        ])
    }
  }

  struct Get: ServerCommand {
    static let configuration = CommandConfiguration(abstract: "Show one block.")
    @OptionGroup var place: Place
    @Argument(help: "Its label.") var label: String
    @OptionGroup(title: "Global options") var options: GlobalOptions

    func run(_ server: ServerLink, _ printer: Printer) async throws {
      let block = try await server.call(Methods.blockGet, try await place.reference(to: label, server))
      printer.detail(
        block, id: block.label,
        [
          ("label", block.label), ("connection", block.dbConnectionId), ("scope", block.scope), ("about", block.description),
          ("limit", "\(block.limit) characters"), ("read-only", block.readOnly ? "yes" : ""), ("value", block.value),
          ("updated", printer.time(block.updatedAt)), ("version", "\(block.version)"),
        ])
    }
  }

  struct Delete: ServerCommand {
    static let configuration = CommandConfiguration(abstract: "Delete a block.")
    @OptionGroup var place: Place
    @Argument(help: "Its label.") var label: String
    @OptionGroup(title: "Global options") var options: GlobalOptions

    func run(_ server: ServerLink, _ printer: Printer) async throws {
      let reference = try await place.reference(to: label, server)
      try printer.confirm("Delete the block '\(label)' of scope \(place.scope)?")
      _ = try await server.call(Methods.blockDelete, reference)
      printer.say("deleted", .dim)
    }
  }
}
