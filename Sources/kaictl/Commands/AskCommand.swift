import ArgumentParser
import Wire

struct AskCommand: ServerCommand {
  static let configuration = CommandConfiguration(
    commandName: "ask", abstract: "Ask a question, follow the work live and print the answer.",
    discussion: """
      Makes a session unless --session names one to go on with. Ctrl-C detaches: the task goes on.
      Exit code 9 when the task failed, 130 after Ctrl-C.
      """)

  enum Progress: String, ExpressibleByArgument, CaseIterable {
    /// On a terminal only.
    case auto
    case always, never
  }

  @OptionGroup var connection: ConnectionOption
  @Option(help: ArgumentHelp("Go on with this session.", valueName: "id"), completion: LiveCompletion.sessions) var session:
    String?
  @Option(
    help: ArgumentHelp("Turns of the model that a task of the new session may take, 1...500 (default: 100).", valueName: "n"))
  var recursionLimit: UInt32?
  @OptionGroup var submission: SubmissionOptions
  @OptionGroup(title: "Policy of the new session") var policy: PolicyOptions
  @Option(
    help: ArgumentHelp("Teach this first, for every session: a correction of an earlier answer.", valueName: "text"))
  var correct: String?
  @Flag(help: "Submit it, print the task's id and do not wait.") var noFollow = false
  @Option(help: ArgumentHelp("Show what happens, on stderr.", valueName: "when")) var progress: Progress = .auto
  @Argument(help: "The question; '-' reads it from stdin.") var question: String
  @OptionGroup(title: "Global options") var options: GlobalOptions

  private static let titleLength = 80

  func validate() throws {
    if session != nil, !policy.isEmpty || recursionLimit != nil {
      throw ValidationError("--session has its policy already; change it with 'kaictl session update'")
    }
    if session != nil, connection.connection != nil { throw ValidationError("--session and --connection exclude each other") }
  }

  func run(_ server: ServerLink, _ printer: Printer) async throws {
    let prompt = try SubmissionOptions.text(of: question)
    let sessionID = if let session { session } else { try await makeSession(about: prompt, server) }
    if let correct { try await teach(correct, in: sessionID, server, printer) }
    let task = try await server.call(Methods.taskSubmit, try submission.request(sessionID: sessionID, prompt: prompt))
    if noFollow {
      printer.object(task, id: task.id)
      printer.say("watch it:  kaictl task watch \(task.id)", .dim)
      return
    }
    let ended = try await follow(task, server, printer)
    switch printer.form {
    case .json, .jsonl, .ids: printer.object(ended, id: ended.id)
    case .table, .wide:
      if let result = ended.result { AnswerPrinter(printer: printer, task: ended, result: result).print() }
    }
    try TaskOutcome.check(ended, printer)
  }

  private func teach(
    _ correction: String, in sessionID: String, _ server: ServerLink, _ printer: Printer
  ) async throws(WireError) {
    var request = MemoryRememberRequest()
    request.dbConnectionId = try await server.call(Methods.sessionGet, SessionRef(id: sessionID)).dbConnectionId
    (request.scope, request.namespace) = ("shared", "corrections")
    request.key = correction.split { !$0.isLetter && !$0.isNumber && $0 != "_" }.prefix(8).joined(separator: "-").lowercased()
    (request.content, request.importance) = (correction, 0.9)
    (request.source, request.sourceSessionId) = ("user", sessionID)
    let memory = try await server.call(Methods.memoryRemember, request)
    printer.say("learned \(memory.namespace)/\(memory.key), version \(memory.version)", .dim)
  }

  private func makeSession(about prompt: String, _ server: ServerLink) async throws(WireError) -> String {
    var request = SessionCreateRequest()
    request.dbConnectionId = try await connection.resolved(by: server)
    request.mode = submission.mode?.value ?? .unspecified
    request.policy = policy.policy
    if let language = submission.language?.value {
      request.policy = request.policy ?? SessionPolicy()
      request.policy?.language = language
    }
    request.recursionLimit = recursionLimit
    let words = prompt.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    request.title = words.truncated(toWidth: Self.titleLength)
    return try await server.call(Methods.sessionCreate, request).id
  }

  private func follow(_ task: TaskRecord, _ server: ServerLink, _ printer: Printer) async throws -> TaskRecord {
    let isShown =
      switch progress {
      case .auto: printer.talk.isTerminal
      case .always: true
      case .never: false
      }
    var lines = ProgressLines(terminal: printer.talk)
    var follower = TaskFollower(server: server, task: task, printer: printer, tokens: isShown, timeout: options.timeout)
    let ended = try await follower.follow { event in if isShown { lines.show(event) } }
    if isShown { printer.say("") }
    return ended
  }
}
