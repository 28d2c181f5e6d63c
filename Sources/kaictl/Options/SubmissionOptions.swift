import ArgumentParser
import Wire

/// How a question is put to a session.
struct SubmissionOptions: ParsableArguments {
  @Option(help: ArgumentHelp("What the agent may do, for this task alone.", valueName: "mode")) var mode: Choice<SessionMode>?
  @Option(help: "What the agent should know beside the question.") var context: String?
  @Option(help: ArgumentHelp("A JSON object.", valueName: "json")) var metadata: String?
  @Option(help: ArgumentHelp("Higher runs first, -100...100.", valueName: "n")) var priority: Int64 = 0
  @Option(help: ArgumentHelp("Not before this time has passed, such as 10m.", valueName: "time")) var delay: TimeSpan?
  @Option(help: ArgumentHelp("Executions before it counts as failed (default: 5).", valueName: "n")) var maxAttempts: UInt32?
  @Option(help: ArgumentHelp("When the session has a task under way (default: enqueue).", valueName: "action"))
  var ifBusy: Choice<IfBusy>?

  @Option(help: ArgumentHelp("Of the answer's words, numbers and dates: en or id (default: the session's).", valueName: "code"))
  var language: Choice<Language>?
  @Option(help: ArgumentHelp("Only on nodes with this label, KEY=VALUE; may be given more than once.", valueName: "label"))
  var label: [String] = []

  /// - Parameter prompt: `-` stands for what comes on stdin.
  func request(sessionID: String, prompt: String) throws(WireError) -> TaskSubmitRequest {
    var request = TaskSubmitRequest()
    request.sessionId = sessionID
    request.prompt = try Self.text(of: prompt)
    request.mode = mode?.value ?? .unspecified
    request.context = context ?? ""
    request.metadata = metadata ?? ""
    request.priority = priority
    request.delayMs = delay.map { UInt64($0.milliseconds) } ?? 0
    request.maxAttempts = maxAttempts
    request.ifBusy = ifBusy?.value ?? .unspecified
    request.language = language?.value ?? .unspecified
    for text in label { request.labels.append(try Label(parsing: text)) }
    return request
  }

  static func text(of prompt: String) throws(WireError) -> String {
    let text = prompt == "-" ? try LocalFile.readText("/dev/stdin") : prompt
    guard text.contains(where: { !$0.isWhitespace }) else {
      throw WireError(.usage, "the question is empty", hint: "Write it in quotes: kaictl ask \"how many orders by month?\"")
    }
    return text
  }
}
