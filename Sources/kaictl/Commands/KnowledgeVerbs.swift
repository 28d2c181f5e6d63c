import ArgumentParser
import Wire

/// A kind of knowledge as a type, so that its verbs are written once.
protocol KnowledgeKindType: Sendable {
  static var kind: KnowledgeKind { get }
}

enum InstructionKind: KnowledgeKindType { static let kind = KnowledgeKind.instruction }
enum MetricKind: KnowledgeKindType { static let kind = KnowledgeKind.metric }
enum SkillKind: KnowledgeKindType { static let kind = KnowledgeKind.skill }
enum SQLKind: KnowledgeKindType { static let kind = KnowledgeKind.sql }

/// What can be done with knowledge of each kind.
enum KnowledgeVerbs<Kind: KnowledgeKindType> {
  static var all: [any ParsableCommand.Type] { [List.self, Get.self, Search.self, Delete.self] }

  struct List: ServerCommand {
    static var configuration: CommandConfiguration {
      CommandConfiguration(commandName: "list", abstract: "List them, newest first.")
    }
    @OptionGroup var connection: ConnectionOption
    @OptionGroup var page: PageOptions
    @OptionGroup(title: "Global options") var options: GlobalOptions

    func run(_ server: ServerLink, _ printer: Printer) async throws {
      let alias = try await connection.resolved(by: server)
      let request = KnowledgeListRequest.with { ($0.dbConnectionId, $0.kind) = (alias, Kind.kind) }
      printer.list(try await server.pages(Methods.knowledgeList, request, page), KnowledgeColumns.of(Kind.kind))
    }
  }

  struct Get: ServerCommand {
    static var configuration: CommandConfiguration { CommandConfiguration(commandName: "get", abstract: "Show one.") }
    @OptionGroup var connection: ConnectionOption
    @Argument(help: "Its name.") var name: String
    @OptionGroup(title: "Global options") var options: GlobalOptions

    func run(_ server: ServerLink, _ printer: Printer) async throws {
      let alias = try await connection.resolved(by: server)
      let piece = try await server.call(
        Methods.knowledgeGet, .with { ($0.dbConnectionId, $0.kind, $0.name) = (alias, Kind.kind, name) })
      printer.detail(
        piece, id: piece.id,
        [
          ("id", piece.id), ("connection", piece.dbConnectionId), ("name", piece.name), ("when", piece.condition),
          ("also", piece.aliases.joined(separator: ", ")), ("about", piece.description), ("category", piece.category),
          ("tags", piece.tags.joined(separator: ", ")), ("sql", piece.sql), ("text", piece.text), ("state", piece.state.label),
          ("problem", piece.problem), ("created", printer.time(piece.createdAt)), ("updated", printer.time(piece.updatedAt)),
          ("version", "\(piece.version)"),
        ])
    }
  }

  struct Search: ServerCommand {
    static var configuration: CommandConfiguration {
      CommandConfiguration(commandName: "search", abstract: "Find those that are about a text, and say which an agent would get.")
    }
    @OptionGroup var connection: ConnectionOption
    @Argument(help: "Such as a question.") var query: String
    @Option(help: ArgumentHelp("How many, 1...100.", valueName: "n")) var limit: UInt32 = 10
    @OptionGroup(title: "Global options") var options: GlobalOptions

    func validate() throws {
      guard (1...100).contains(limit) else { throw ValidationError("--limit must be 1...100, not \(limit)") }
    }

    func run(_ server: ServerLink, _ printer: Printer) async throws {
      let alias = try await connection.resolved(by: server)
      let hits = try await server.call(
        Methods.knowledgeSearch,
        .with { ($0.dbConnectionId, $0.kind, $0.query, $0.limit) = (alias, Kind.kind, query, limit) })
      let columns = KnowledgeColumns.of(Kind.kind).map { column in
        ListColumn<KnowledgeHit>(
          title: column.title, alignment: column.alignment, shrinks: column.shrinks, onlyWide: column.onlyWide
        ) { hit, printer in hit.knowledge.map { column.text($0, printer) } ?? "" }
      }
      printer.list(
        hits,
        [
          ListColumn(title: "ALIKE", alignment: .right) { hit, _ in Quantities.figure(hit.similarity) },
          .text("FITS") { $0.fits ? "yes" : "" },
        ] + columns)
      if hits.hits.isEmpty { printer.say("nothing is known about that", .dim) }
    }
  }

  struct Delete: ServerCommand {
    static var configuration: CommandConfiguration { CommandConfiguration(commandName: "delete", abstract: "Delete one.") }
    @OptionGroup var connection: ConnectionOption
    @Argument(help: "Its name.") var name: String
    @OptionGroup(title: "Global options") var options: GlobalOptions

    func run(_ server: ServerLink, _ printer: Printer) async throws {
      let alias = try await connection.resolved(by: server)
      try printer.confirm("Delete the \(Kind.kind.label) '\(name)' of \(alias)?")
      _ = try await server.call(
        Methods.knowledgeDelete, .with { ($0.dbConnectionId, $0.kind, $0.name) = (alias, Kind.kind, name) })
      printer.say("deleted", .dim)
    }
  }
}

/// What a list of knowledge shows, by its kind.
enum KnowledgeColumns {
  static func of(_ kind: KnowledgeKind) -> [ListColumn<Knowledge>] {
    let name = ListColumn<Knowledge>.text(kind == .sql ? "QUESTION" : "NAME", shrinks: kind == .sql) { $0.name }
    let own: [ListColumn<Knowledge>] =
      switch kind {
      case .instruction, .unspecified:
        [.text("WHEN") { $0.condition.isEmpty ? "always" : $0.condition }, .text("TEXT", shrinks: true) { $0.text }]
      case .metric: [.text("ALSO") { $0.aliases.joined(separator: ", ") }, .text("SQL", shrinks: true) { $0.sql }]
      case .skill:
        [
          .text("CATEGORY") { $0.category }, .text("TAGS") { $0.tags.joined(separator: ", ") },
          .text("ABOUT", shrinks: true) { $0.description },
        ]
      case .sql: [.text("SQL", shrinks: true) { $0.sql }]
      }
    return [name] + own + [
      .text("STATE", wide: true) { $0.state.label }, .time("UPDATED") { $0.updatedAt }, .text("ID", wide: true) { $0.id },
    ]
  }
}
