import ArgumentParser
import Wire

struct TaskCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "task", abstract: "Questions put to a session.",
    subcommands: [
      Submit.self, List.self, Get.self, Watch.self, Wait.self, Cancel.self, Retry.self, Answer.self,
      Why.self,
    ])

  struct Submit: ServerCommand {
    static let configuration = CommandConfiguration(abstract: "Put a question to a session and print the task's id.")
    @Option(help: ArgumentHelp("The session.", valueName: "id"), completion: LiveCompletion.sessions) var session: String
    @OptionGroup var submission: SubmissionOptions
    @Argument(help: "The question; '-' reads it from stdin.") var prompt: String
    @OptionGroup(title: "Global options") var options: GlobalOptions

    func run(_ server: ServerLink, _ printer: Printer) async throws {
      let task = try await server.call(Methods.taskSubmit, try submission.request(sessionID: session, prompt: prompt))
      printer.object(task, id: task.id)
    }
  }

  struct List: WatchableCommand {
    static let configuration = CommandConfiguration(abstract: "List tasks, newest first.")
    @Option(help: ArgumentHelp("Only this session's.", valueName: "id"), completion: LiveCompletion.sessions) var session: String?
    @Option(help: "Only with this status.") var status: Choice<TaskStatus>?
    @OptionGroup var page: PageOptions
    @OptionGroup var watching: WatchOptions
    @OptionGroup(title: "Global options") var options: GlobalOptions

    func run(_ server: ServerLink, _ printer: Printer) async throws {
      var request = TaskListRequest()
      request.sessionId = session
      request.status = status?.value ?? .unspecified
      let list = try await server.pages(Methods.taskList, request, page)
      printer.list(
        list,
        [
          .text("ID") { $0.id }, .text("SESSION") { $0.sessionId }, .text("STATUS") { $0.status.label },
          .number("ATTEMPT", wide: true) { UInt64($0.attempt) }, .text("NODE", wide: true) { $0.nodeId },
          .time("CREATED") { $0.createdAt }, .time("STARTED", wide: true) { $0.startedAt },
          .time("FINISHED", wide: true) { $0.finishedAt }, .text("PROMPT", shrinks: true) { $0.prompt },
        ])
    }
  }

  struct Get: ServerCommand {
    static let configuration = CommandConfiguration(abstract: "Show one task, with its result once it has ended.")
    @Argument(help: "The task.", completion: LiveCompletion.tasks) var id: String
    @OptionGroup(title: "Global options") var options: GlobalOptions

    func run(_ server: ServerLink, _ printer: Printer) async throws {
      let task = try await server.call(Methods.taskGet, TaskRef(id: id))
      printer.detail(
        task, id: task.id,
        [
          ("id", task.id), ("session", task.sessionId), ("prompt", task.prompt), ("context", task.context),
          ("status", task.status.label), ("reason", task.reason),
          ("asks", task.status == .waiting ? task.question?.text ?? "" : ""),
          ("tries again", task.retryOf.first ?? ""),
          ("mode", task.mode == .unspecified ? "" : task.mode.label),
          ("priority", task.priority == 0 ? "" : "\(task.priority)"),
          ("labels", task.labels.map { "\($0.key)=\($0.value)" }.joined(separator: ", ")),
          ("attempt", "\(task.attempt) of \(task.maxAttempts)"), ("node", task.nodeId),
          ("created", printer.time(task.createdAt)), ("started", printer.time(task.startedAt)),
          ("finished", printer.time(task.finishedAt)), ("steps", task.result.map { "\($0.steps)" } ?? ""),
        ])
      guard !printer.form.isJSON, printer.form != .ids, let result = task.result else { return }
      printer.out.write("\n")
      AnswerPrinter(printer: printer, task: task, result: result).print()
    }
  }

  struct Cancel: ServerCommand {
    static let configuration = CommandConfiguration(abstract: "Cancel tasks that have not ended.")
    @OptionGroup var batch: BatchSelection<TaskNoun>
    @Option(help: "Why, for those who ask later.") var note: String?
    @OptionGroup(title: "Global options") var options: GlobalOptions

    func run(_ server: ServerLink, _ printer: Printer) async throws {
      guard let ids = try await batch.resolved("Cancel", by: server, printer) else { return }
      try await Batch.run(ids, printer, told: TaskCommand.told) { (id) throws(WireError) in
        try await server.call(Methods.taskCancel, TaskCommand.reference(id, note))
      }
    }
  }

  struct Retry: ServerCommand {
    static let configuration = CommandConfiguration(
      abstract: "Queue tasks again that have failed or were cancelled; or any that has ended, from an earlier step.",
      discussion: """
        With --from-step the session is forked at that step, and the fork's task goes on from there; the task's id is printed. \
        The session itself stays as it is.
        """)
    @OptionGroup var batch: BatchSelection<TaskNoun>
    @Option(help: "Why, for those who ask later.") var note: String?
    @Option(help: ArgumentHelp("Go on from this step, in a fork; for one task.", valueName: "n")) var fromStep: UInt64?
    @OptionGroup(title: "Global options") var options: GlobalOptions

    func validate() throws {
      if fromStep != nil, !batch.isOne { throw ValidationError("--from-step is for one task") }
    }

    func run(_ server: ServerLink, _ printer: Printer) async throws {
      guard let ids = try await batch.resolved("Retry", by: server, printer) else { return }
      if let fromStep {
        let made = try await server.call(Methods.taskRetry, request(ids[0]))
        printer.object(made, id: made.id)
        printer.say("it goes on from step \(fromStep) in session \(made.sessionId)", .dim)
        return
      }
      try await Batch.run(ids, printer, told: TaskCommand.told) { (id) throws(WireError) in
        try await server.call(Methods.taskRetry, request(id))
      }
    }

    private func request(_ id: String) -> TaskRetryRequest {
      var request = TaskRetryRequest()
      request.id = id
      request.note = note ?? ""
      request.fromStep = fromStep
      return request
    }
  }

  struct Why: ServerCommand {
    static let configuration = CommandConfiguration(abstract: "Say what a task waits for.")
    @Argument(help: "The task.", completion: LiveCompletion.tasks) var id: String
    @OptionGroup(title: "Global options") var options: GlobalOptions

    func run(_ server: ServerLink, _ printer: Printer) async throws {
      let why = try await server.call(Methods.taskWhy, TaskRef(id: id))
      if printer.form.isJSON { return printer.json(why.json()) }
      if printer.form == .ids { return printer.line(id) }
      for sentence in why.sentences { printer.line(sentence) }
    }
  }

  private static func told(_ task: TaskRecord) -> String { "\(task.id) is \(task.status.label)" }

  private static func reference(_ id: String, _ note: String?) -> TaskRef {
    var reference = TaskRef(id: id)
    reference.note = note ?? ""
    return reference
  }
}
