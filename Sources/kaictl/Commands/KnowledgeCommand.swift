import ArgumentParser
import Wire

struct KnowledgeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "knowledge", abstract: "What stewards teach about a database: instructions, metrics, skills, verified SQL.",
    discussion: "Each agent gets what fits its question, and its answer names what it used.",
    subcommands: [
      InstructionCommand.self, MetricCommand.self, SkillCommand.self, VerifiedSQLCommand.self,
    ])

  struct InstructionCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "instruction", abstract: "What to do or to mind, always or under a condition.",
      subcommands: [Add.self] + KnowledgeVerbs<InstructionKind>.all)

    struct Add: KnowledgeAdding {
      static let configuration = CommandConfiguration(
        abstract: "Add an instruction, or replace the one of this name.",
        discussion:
          #"Example: kaictl knowledge instruction add java "Java includes Jakarta, Banten, Yogyakarta" --when "sales in Java""#)
      @OptionGroup var connection: ConnectionOption
      @Argument(help: "A short name.") var name: String
      @Argument(help: "What to do.") var text: String
      @Option(help: ArgumentHelp("Only for questions with one of these words (default: always).", valueName: "words"))
      var when: String?
      @OptionGroup(title: "Global options") var options: GlobalOptions

      func pieces() throws(WireError) -> [Knowledge] {
        [.with { ($0.kind, $0.name, $0.text, $0.condition) = (.instruction, name, text, when ?? "") }]
      }
    }
  }

  struct MetricCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "metric", abstract: "Words of the business, and the SQL that computes them.",
      subcommands: [Add.self] + KnowledgeVerbs<MetricKind>.all)

    struct Add: KnowledgeAdding {
      static let configuration = CommandConfiguration(
        abstract: "Add a metric, or replace the one of this name.",
        discussion: #"Example: kaictl knowledge metric add "net revenue" "sum(price * quantity - discount)" --alias turnover"#)
      @OptionGroup var connection: ConnectionOption
      @Argument(help: "Its name.") var name: String
      @Argument(help: "An expression, or a whole query.") var sql: String
      @Option(name: .customLong("alias"), help: ArgumentHelp("Another word for it; may be repeated.", valueName: "word"))
      var aliases: [String] = []
      @Option(help: "What it says, and what it leaves out.") var text: String?
      @OptionGroup(title: "Global options") var options: GlobalOptions

      func pieces() throws(WireError) -> [Knowledge] {
        [.with { ($0.kind, $0.name, $0.sql, $0.aliases, $0.text) = (.metric, name, sql, aliases, text ?? "") }]
      }
    }
  }

  struct SkillCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "skill", abstract: "How something is done, as texts with a title.",
      subcommands: [Add.self] + KnowledgeVerbs<SkillKind>.all)

    struct Add: KnowledgeAdding {
      static let configuration = CommandConfiguration(
        abstract: "Add skills from SKILL.md files, or from folders of them.",
        discussion: "A file begins with front matter: name, description, category and tags between two lines of '---'.")
      @OptionGroup var connection: ConnectionOption
      @Argument(help: "Files or folders.") var paths: [String]
      @OptionGroup(title: "Global options") var options: GlobalOptions

      func pieces() throws(WireError) -> [Knowledge] {
        var pieces: [Knowledge] = []
        for path in paths { pieces += try SkillFile.read(path) }
        return pieces
      }
    }
  }

  struct VerifiedSQLCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "sql", abstract: "Questions with the SQL that answers them.",
      subcommands: [Add.self] + KnowledgeVerbs<SQLKind>.all)

    struct Add: KnowledgeAdding {
      static let configuration = CommandConfiguration(
        abstract: "Add a question with its SQL. What the database would not run is refused.")
      @OptionGroup var connection: ConnectionOption
      @Argument(help: "The question.") var question: String
      @Argument(help: "The SQL that answers it.") var sql: String
      @Option(help: "What to mind about it.") var text: String?
      @OptionGroup(title: "Global options") var options: GlobalOptions

      func pieces() throws(WireError) -> [Knowledge] {
        [.with { ($0.kind, $0.name, $0.sql, $0.text) = (.sql, question, sql, text ?? "") }]
      }
    }
  }
}

/// Adds pieces of knowledge.
protocol KnowledgeAdding: ServerCommand {
  var connection: ConnectionOption { get }
  func pieces() throws(WireError) -> [Knowledge]
}

extension KnowledgeAdding {
  func run(_ server: ServerLink, _ printer: Printer) async throws {
    let alias = try await connection.resolved(by: server)
    for var piece in try pieces() {
      piece.dbConnectionId = alias
      let added = try await server.call(Methods.knowledgePut, .with { $0.knowledge = piece })
      let checked = try await KnowledgeCheckWait(added).run(server, options.timeout)
      printer.object(checked, id: checked.id)
      printer.say("\(checked.kind.label) '\(checked.name)', version \(checked.version)", .dim)
    }
  }
}

/// Waits until a node has looked at the SQL of a piece, and takes it back if the database refuses it.
private struct KnowledgeCheckWait {
  private static let patience = Duration.seconds(20)
  private let added: Knowledge

  init(_ added: Knowledge) { self.added = added }

  func run(_ server: ServerLink, _ timeout: TimeSpan?) async throws(WireError) -> Knowledge {
    guard added.state == .unchecked else { return added }
    let reference = KnowledgeRef.with {
      ($0.dbConnectionId, $0.kind, $0.name) = (added.dbConnectionId, added.kind, added.name)
    }
    let deadline = ContinuousClock.now + (timeout.map { .milliseconds($0.milliseconds) } ?? Self.patience)
    while true {
      let piece = try await server.call(Methods.knowledgeGet, reference)
      switch piece.state {
      case .ready: return piece
      case .refused:
        _ = try await server.call(Methods.knowledgeDelete, reference)
        throw WireError(.sqlError, "the database would not run it: \(piece.problem)", hint: "Nothing was added. Correct the SQL.")
      case .unchecked, .unspecified:
        guard ContinuousClock.now < deadline else {
          throw WireError(
            .deadlineExceeded, "no node has tried the SQL yet; it is not used before",
            hint: "'kaictl node list' shows the nodes; add it again when one is there.")
        }
        try? await Task.sleep(for: .milliseconds(50))
      }
    }
  }
}
