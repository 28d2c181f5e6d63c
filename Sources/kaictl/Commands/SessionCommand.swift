import ArgumentParser
import Wire

struct SessionCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "session", abstract: "Threads of work, each on one connection.",
    subcommands: [
      Create.self, List.self, Get.self, Update.self, History.self, Fork.self, Prune.self, Pause.self, Resume.self, Close.self,
      Reopen.self, Delete.self, Export.self, Import.self,
    ])

  static func show(_ session: Session, _ printer: Printer) {
    printer.detail(
      session, id: session.id,
      [
        ("id", session.id), ("title", session.title ?? ""), ("connection", session.dbConnectionId),
        ("status", session.status.label), ("mode", session.mode.label), ("recursion limit", "\(session.recursionLimit)"),
        ("steps", "\(session.headStep)"),
        ("forked from", session.forkedFrom.map { "\($0.sessionId) at step \($0.step)" } ?? ""),
        ("approval", approval(session.policy)), ("keeps", retention(session.policy?.retention)),
        ("metadata", session.metadata == "{}" ? "" : session.metadata), ("created", printer.time(session.createdAt)),
        ("updated", printer.time(session.updatedAt)), ("version", "\(session.version)"), ("epoch", "\(session.epoch)"),
      ])
  }

  private static func approval(_ policy: SessionPolicy?) -> String {
    guard let policy, policy.approval != .unspecified else { return "" }
    return policy.approval == .tools ? policy.approvalTools.joined(separator: ", ") : policy.approval.label
  }

  private static func retention(_ retention: Retention?) -> String {
    guard let retention else { return "" }
    var parts: [String] = []
    if retention.steps > 0 { parts.append(Quantities.count(retention.steps, "step")) }
    if retention.ageMs > 0 { parts.append("\(retention.ageMs / 1_000) s") }
    if retention.bytes > 0 { parts.append(Quantities.count(retention.bytes, "byte")) }
    return parts.joined(separator: ", ")
  }

  struct Create: ServerCommand {
    static let configuration = CommandConfiguration(abstract: "Make a session and print its id.")
    @OptionGroup var connection: ConnectionOption
    @Option(help: ArgumentHelp("What an agent may do (default: full_autonomy).", valueName: "mode"))
    var mode: Choice<SessionMode>?
    @Option(help: ArgumentHelp("Steps a task may take, 1...500 (default: 100).", valueName: "n")) var recursionLimit: UInt32?
    @Option(help: "What it is about.") var title: String?
    @Option(help: ArgumentHelp("A JSON object.", valueName: "json")) var metadata: String?
    @OptionGroup(title: "Policy") var policy: PolicyOptions
    @OptionGroup(title: "Global options") var options: GlobalOptions

    func run(_ server: ServerLink, _ printer: Printer) async throws {
      var request = SessionCreateRequest()
      request.dbConnectionId = try await connection.resolved(by: server)
      request.mode = mode?.value ?? .unspecified
      request.recursionLimit = recursionLimit
      request.title = title
      request.metadata = metadata ?? ""
      request.policy = policy.policy
      let made = try await server.call(Methods.sessionCreate, request)
      printer.object(made, id: made.id)
    }
  }

  struct List: WatchableCommand {
    static let configuration = CommandConfiguration(abstract: "List sessions, newest first.")
    @Option(name: [.customShort("c"), .long], help: "Only this connection's.") var connection: String?
    @Option(help: "Only with this status.") var status: Choice<SessionStatus>?
    @Option(help: ArgumentHelp("Only with this in the title, ignoring case.", valueName: "text")) var title: String?
    @OptionGroup var page: PageOptions
    @OptionGroup var watching: WatchOptions
    @OptionGroup(title: "Global options") var options: GlobalOptions

    func run(_ server: ServerLink, _ printer: Printer) async throws {
      var request = SessionListRequest()
      request.dbConnectionId = connection
      request.status = status?.value ?? .unspecified
      request.titleContains = title
      let list = try await server.pages(Methods.sessionList, request, page)
      printer.list(
        list,
        [
          .text("ID") { $0.id }, .text("STATUS") { $0.status.label }, .text("CONNECTION") { $0.dbConnectionId },
          .text("MODE", wide: true) { $0.mode.label }, .number("LIMIT", wide: true) { UInt64($0.recursionLimit) },
          .number("STEPS") { $0.headStep }, .time("UPDATED") { $0.updatedAt },
          .time("CREATED", wide: true) { $0.createdAt }, .number("VERSION", wide: true) { $0.version },
          .text("TITLE", shrinks: true) { $0.title ?? "" },
        ])
    }
  }

  struct Get: ServerCommand {
    static let configuration = CommandConfiguration(abstract: "Show one session.")
    @Argument(help: "The session.", completion: LiveCompletion.sessions) var id: String
    @OptionGroup(title: "Global options") var options: GlobalOptions

    func run(_ server: ServerLink, _ printer: Printer) async throws {
      SessionCommand.show(try await server.call(Methods.sessionGet, SessionRef(id: id)), printer)
    }
  }

  struct Update: ServerCommand {
    static let configuration = CommandConfiguration(abstract: "Change a session's mode, limit, title, metadata or policy.")
    @Argument(help: "The session.", completion: LiveCompletion.sessions) var id: String
    @Option(help: "What an agent may do.") var mode: Choice<SessionMode>?
    @Option(help: ArgumentHelp("Steps a task may take, 1...500.", valueName: "n")) var recursionLimit: UInt32?
    @Option(help: "The new title; empty removes it.") var title: String?
    @Option(help: ArgumentHelp("A JSON merge patch (RFC 7396): null removes a key.", valueName: "json")) var metadata: String?
    @Option(help: ArgumentHelp("Only if it is still this version.", valueName: "version")) var ifVersion: UInt64?
    @OptionGroup(title: "Policy") var policy: PolicyOptions
    @OptionGroup(title: "Global options") var options: GlobalOptions

    func validate() throws {
      if mode == nil, recursionLimit == nil, title == nil, metadata == nil, policy.isEmpty {
        throw ValidationError("give --mode, --recursion-limit, --title, --metadata or part of a policy")
      }
    }

    func run(_ server: ServerLink, _ printer: Printer) async throws {
      var request = SessionUpdateRequest()
      request.id = id
      request.ifVersion = ifVersion
      request.mode = mode?.value ?? .unspecified
      request.recursionLimit = recursionLimit
      request.title = title
      request.metadataPatch = metadata ?? ""
      request.policy = policy.policy
      let changed = try await server.call(Methods.sessionUpdate, request)
      printer.object(changed, id: changed.id)
    }
  }

  struct Fork: ServerCommand {
    static let configuration = CommandConfiguration(
      abstract: "Make a new session that goes on from a step of another, and print its id.")
    @Argument(help: "The session.", completion: LiveCompletion.sessions) var id: String
    @Option(help: ArgumentHelp("The step (default: the newest).", valueName: "n")) var step: UInt64?
    @Option(help: "The new session's title.") var title: String?
    @OptionGroup(title: "Global options") var options: GlobalOptions

    func run(_ server: ServerLink, _ printer: Printer) async throws {
      var request = SessionForkRequest()
      request.id = id
      request.step = step
      request.title = title
      let made = try await server.call(Methods.sessionFork, request)
      printer.object(made, id: made.id)
    }
  }

  struct Prune: ServerCommand {
    static let configuration = CommandConfiguration(
      abstract: "Remove a session's oldest steps, by its own retention or the one given; what a fork or a resume needs stays.")
    @Argument(help: "The session.", completion: LiveCompletion.sessions) var id: String
    @Option(help: ArgumentHelp("Keep the newest steps.", valueName: "n")) var keepSteps: UInt64?
    @Option(help: ArgumentHelp("Keep steps younger than this, such as 30d.", valueName: "time")) var keepAge: TimeSpan?
    @Option(help: ArgumentHelp("Keep the newest steps of at most so many bytes.", valueName: "n")) var keepBytes: UInt64?
    @OptionGroup(title: "Global options") var options: GlobalOptions

    func run(_ server: ServerLink, _ printer: Printer) async throws {
      var request = SessionPruneRequest()
      request.id = id
      request.retention = Retention(keepSteps: keepSteps, keepAge: keepAge, keepBytes: keepBytes)
      try printer.confirm("Remove the oldest steps of \(id) for ever?")
      let pruned = try await server.call(Methods.sessionPrune, request)
      printer.object(pruned, id: pruned.id)
      printer.say(
        "removed \(Quantities.count(pruned.checkpoints, "step")) (\(Quantities.count(pruned.bytes, "byte"))) and "
          + "\(Quantities.count(pruned.events, "event")); the oldest step left is \(pruned.firstStep)", .dim)
    }
  }
}
