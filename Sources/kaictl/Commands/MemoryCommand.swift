import ArgumentParser
import Wire

struct MemoryCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "memory", abstract: "What the agents were taught about a database.",
    discussion: "A memory's identity is (connection, scope, namespace, key); the scope is 'shared' or a session's id.",
    subcommands: [
      Remember.self, Recall.self, Get.self, List.self, Forget.self, History.self, Undo.self, Preview.self, Confirm.self,
      Corrections.self, Reindex.self,
      Export.self, Import.self,
    ])

  /// Where a memory is kept.
  struct Place: ParsableArguments {
    @OptionGroup var connection: ConnectionOption
    @Option(help: ArgumentHelp("'shared' or a session's id.", valueName: "scope")) var scope = "shared"
    @Option(help: ArgumentHelp("Such as notes or rules/sales.", valueName: "namespace")) var namespace = "notes"

    func reference(to key: String, _ server: ServerLink) async throws(WireError) -> MemoryRef {
      var reference = MemoryRef()
      reference.dbConnectionId = try await connection.resolved(by: server, scope: scope)
      reference.scope = scope
      reference.namespace = namespace
      reference.key = key
      return reference
    }
  }

  struct Remember: ServerCommand {
    static let configuration = CommandConfiguration(
      abstract: "Teach something, or correct what is known under this key.",
      discussion: "Example: kaictl memory remember revenue \"Revenue means price * quantity, without returns.\"")
    @OptionGroup var place: Place
    @Argument(help: "The key.") var key: String
    @Argument(help: "The text that recall searches.") var content: String = ""
    @Option(help: ArgumentHelp("A JSON object.", valueName: "json")) var value: String?
    @Option(help: ArgumentHelp("0...1 (default: 0.5).", valueName: "x")) var importance: Double?
    @Option(help: ArgumentHelp("Forget it after this time, such as 30d.", valueName: "time")) var expiresIn: TimeSpan?
    @Option(help: ArgumentHelp("Only if it is still this version.", valueName: "version")) var ifVersion: UInt64?
    @OptionGroup(title: "Global options") var options: GlobalOptions

    func validate() throws {
      if content.isEmpty, value == nil { throw ValidationError("give the text, --value or both") }
    }

    func run(_ server: ServerLink, _ printer: Printer) async throws {
      var request = MemoryRememberRequest()
      request.dbConnectionId = try await place.connection.resolved(by: server, scope: place.scope)
      request.scope = place.scope
      request.namespace = place.namespace
      request.key = key
      request.content = content
      request.value = value ?? ""
      request.importance = importance
      request.expiresInMs = expiresIn.map { UInt64($0.milliseconds) } ?? 0
      request.source = "user"
      request.ifVersion = ifVersion
      let memory = try await server.call(Methods.memoryRemember, request)
      printer.object(memory, id: memory.id)
    }
  }

  struct Recall: ServerCommand {
    static let configuration = CommandConfiguration(abstract: "Search what is remembered, best first.")
    @OptionGroup var connection: ConnectionOption
    @Option(help: ArgumentHelp("See this session's own memories too.", valueName: "id"), completion: LiveCompletion.sessions)
    var session: String?
    @Option(help: "Only this namespace and what is below it.") var namespace: String?
    @Option(help: ArgumentHelp("How many, 1...100.", valueName: "n")) var limit: UInt32 = 10
    @Flag(help: "Show how each score came about.") var explain = false
    @Argument(help: "What to look for; what matters most when left out.") var query: String = ""
    @OptionGroup(title: "Global options") var options: GlobalOptions

    func validate() throws {
      guard (1...100).contains(limit) else { throw ValidationError("--limit must be 1...100, not \(limit)") }
    }

    func run(_ server: ServerLink, _ printer: Printer) async throws {
      var request = MemoryRecallRequest()
      request.dbConnectionId = try await connection.resolved(by: server, scope: session)
      request.sessionId = session ?? ""
      request.query = query
      request.namespace = namespace ?? ""
      request.limit = limit
      request.explain = explain
      let hits = try await server.call(Methods.memoryRecall, request)
      let score = ListColumn<MemoryHit>(title: "SCORE", alignment: .right) { hit, _ in Quantities.figure(hit.score) }
      let columns = MemoryColumns.all.map { column in
        ListColumn<MemoryHit>(
          title: column.title, alignment: column.alignment, shrinks: column.shrinks, onlyWide: column.onlyWide
        ) { hit, printer in hit.memory.map { column.text($0, printer) } ?? "" }
      }
      printer.list(hits, [score] + columns + (explain ? RecallColumns.parts : []))
      if hits.hits.isEmpty { printer.say("nothing is remembered about that", .dim) }
    }
  }

  struct Get: ServerCommand {
    static let configuration = CommandConfiguration(
      abstract: "Show one memory.",
      discussion: "With --scope ID+shared: what the session has under this name, else what is shared.")
    @OptionGroup var place: Place
    @Argument(help: "The key.") var key: String
    @Option(help: ArgumentHelp("As it was in this version.", valueName: "n")) var version: UInt64 = 0
    @OptionGroup(title: "Global options") var options: GlobalOptions

    func run(_ server: ServerLink, _ printer: Printer) async throws {
      var reference = try await place.reference(to: key, server)
      reference.version = version
      let memory = try await server.call(Methods.memoryGet, reference)
      let session = memory.sourceSessionId
      printer.detail(
        memory, id: memory.id,
        [
          ("id", memory.id), ("connection", memory.dbConnectionId), ("scope", memory.scope),
          ("namespace", memory.namespace), ("key", memory.key), ("content", memory.content),
          ("value", memory.value == "{}" ? "" : memory.value), ("importance", Quantities.figure(memory.importance)),
          ("taught by", memory.source + (session.isEmpty ? "" : " in \(session) at step \(memory.sourceStep)")),
          ("used", memory.useCount == 0 ? "" : Quantities.count(memory.useCount, "time")),
          ("last used", printer.time(memory.lastUsedAt)), ("expires", printer.time(memory.expiresAt)),
          ("created", printer.time(memory.createdAt)), ("updated", printer.time(memory.updatedAt)),
          ("version", "\(memory.version)"),
        ])
    }
  }

  struct List: ServerCommand {
    static let configuration = CommandConfiguration(abstract: "List what is remembered, newest first.")
    @OptionGroup var connection: ConnectionOption
    @Option(help: ArgumentHelp("'shared' or a session's id (default: all).", valueName: "scope")) var scope: String?
    @Option(help: "Only this namespace and what is below it.") var namespace: String?
    @OptionGroup var page: PageOptions
    @OptionGroup(title: "Global options") var options: GlobalOptions

    func run(_ server: ServerLink, _ printer: Printer) async throws {
      var request = MemoryListRequest()
      request.dbConnectionId = try await connection.resolved(by: server, scope: scope)
      request.scope = scope
      request.namespace = namespace ?? ""
      printer.list(try await server.pages(Methods.memoryList, request, page), MemoryColumns.all)
    }
  }

  struct Forget: ServerCommand {
    static let configuration = CommandConfiguration(
      abstract: "Forget one memory, or with --all many of them; their history too.")
    @OptionGroup var connection: ConnectionOption
    @Option(help: ArgumentHelp("'shared' or a session's id (default: shared; with --all: every scope).", valueName: "scope"))
    var scope: String?
    @Option(help: ArgumentHelp("The namespace (default: notes; with --all: every one).", valueName: "namespace"))
    var namespace: String?
    @Flag(help: "Everything of the scope and namespace.") var all = false
    @Option(help: ArgumentHelp("With --all: only where the key begins so.", valueName: "text")) var keyPrefix: String?
    @Argument(help: "The key.") var key: String?
    @OptionGroup(title: "Global options") var options: GlobalOptions

    func validate() throws {
      if (key == nil) != all { throw ValidationError("give either a key or --all") }
      if keyPrefix != nil, !all { throw ValidationError("--key-prefix goes with --all") }
    }

    func run(_ server: ServerLink, _ printer: Printer) async throws {
      var request = MemoryForgetRequest()
      request.dbConnectionId = try await connection.resolved(by: server, scope: scope)
      request.scope = all ? scope : scope ?? "shared"
      request.namespace = all ? namespace : namespace ?? "notes"
      request.key = key
      request.keyPrefix = keyPrefix
      if all {
        let scope = scope.map { "of scope \($0) " } ?? ""
        let namespace = namespace.map { "in \($0) " } ?? ""
        let keys = keyPrefix.map { "with a key that begins with '\($0)' " } ?? ""
        try printer.confirm("Forget everything \(scope)\(namespace)\(keys)about \(request.dbConnectionId)?")
      }
      let gone = try await server.call(Methods.memoryForget, request)
      printer.object(gone, id: "\(gone.count)")
      printer.say(
        "forgot \(Quantities.count(gone.count, "memory", plural: "memories")), \(Quantities.count(gone.versions, "version")) in all",
        .dim)
    }
  }

  struct History: ServerCommand {
    static let configuration = CommandConfiguration(abstract: "Show every version of one memory, newest first.")
    @OptionGroup var place: Place
    @Argument(help: "The key.") var key: String
    @OptionGroup(title: "Global options") var options: GlobalOptions

    func run(_ server: ServerLink, _ printer: Printer) async throws {
      let history = try await server.call(Methods.memoryHistory, try await place.reference(to: key, server))
      printer.list(
        history,
        [
          .number("VERSION") { $0.version }, .time("TIME") { $0.updatedAt }, .text("TAUGHT BY") { $0.source },
          .text("SESSION", wide: true) { $0.sourceSessionId }, .text("CONTENT", shrinks: true) { $0.content },
          .text("VALUE", wide: true) { $0.value },
        ])
    }
  }
}

/// What a list of memories shows.
enum MemoryColumns {
  static let all: [ListColumn<Memory>] = [
    .text("SCOPE") { $0.scope }, .text("NAMESPACE") { $0.namespace }, .text("KEY") { $0.key },
    .text("CONTENT", shrinks: true) { $0.content.isEmpty ? $0.value : $0.content },
    ListColumn(title: "IMPORTANCE", alignment: .right, onlyWide: true) { memory, _ in Quantities.figure(memory.importance) },
    .number("USED", wide: true) { $0.useCount }, .text("TAUGHT BY", wide: true) { $0.source },
    .time("UPDATED") { $0.updatedAt }, .text("ID", wide: true) { $0.id },
  ]
}

/// What explains a recall.
enum RecallColumns {
  static let parts: [ListColumn<MemoryHit>] = [
    figure("RELEVANCE") { $0.relevance }, figure("BM25") { $0.bm25 },
    ListColumn(title: "COSINE", alignment: .right) { hit, _ in hit.parts?.cosine.map(Quantities.figure) ?? "" },
    figure("× IMPORTANCE") { $0.importanceFactor },
    figure("× RECENCY") { $0.recencyFactor },
    ListColumn(title: "BY", shrinks: true) { hit, _ in
      guard let parts = hit.parts else { return "" }
      let words = parts.words.map { word in
        let corrected = word.correctedFrom.isEmpty ? "" : " (for \(word.correctedFrom))"
        return "\(word.term)\(corrected) \(Quantities.figure(word.score))"
      }
      return (parts.exactKey ? ["its key"] : []).joined() + words.joined(separator: ", ")
    },
  ]

  private static func figure(_ title: String, _ part: @escaping @Sendable (MemoryScoreParts) -> Double) -> ListColumn<MemoryHit> {
    ListColumn(title: title, alignment: .right) { hit, _ in hit.parts.map { Quantities.figure(part($0)) } ?? "" }
  }
}
