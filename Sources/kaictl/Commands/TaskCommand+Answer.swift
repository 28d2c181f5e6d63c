import ArgumentParser
import Wire

extension TaskCommand {
  struct Answer: ServerCommand {
    static let configuration = CommandConfiguration(
      abstract: "Answer what a waiting task asks.",
      discussion: """
        A tool call that waits is approved or denied; --edit approves it with other arguments. A question of the agent's own is \
        answered with a text. 'kaictl task why' says what a task asks.
        """)
    @Argument(help: "The task.", completion: LiveCompletion.tasks) var id: String
    @Argument(help: "The answer to a question of the agent's own; '-' reads it from stdin.") var text: String?
    @Flag(help: "Let the tool call run.") var approve = false
    @Flag(help: "Do not let it run; the model is told.") var deny = false
    @Option(help: ArgumentHelp("Approve it with these arguments: a JSON object.", valueName: "json")) var edit: String?
    @Option(help: "For the model, and for those who ask later.") var note: String?
    @Option(help: ArgumentHelp("Only if it still asks this (default: whatever it asks).", valueName: "id"))
    var question: String?
    @OptionGroup(title: "Global options") var options: GlobalOptions

    func validate() throws {
      let approves = approve || edit != nil
      guard (approves ? 1 : 0) + (deny ? 1 : 0) + (text == nil ? 0 : 1) == 1 else {
        throw ValidationError("give one of --approve (or --edit), --deny, or the answer as a text")
      }
    }

    func run(_ server: ServerLink, _ printer: Printer) async throws {
      var request = TaskAnswerRequest()
      request.id = id
      request.questionId = question ?? ""
      request.note = note ?? ""
      if let text {
        request.verdict = .reply
        request.text = text == "-" ? try LocalFile.readText("/dev/stdin") : text
      } else {
        request.verdict = deny ? .deny : .approve
        request.arguments = edit ?? ""
      }
      let task = try await server.call(Methods.taskAnswer, request)
      printer.object(task, id: task.id)
    }
  }
}
