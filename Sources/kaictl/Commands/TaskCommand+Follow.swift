import ArgumentParser
import JSON
import Wire

extension TaskCommand {
  struct Watch: ServerCommand {
    static let configuration = CommandConfiguration(
      abstract: "Follow a task from its first event, or any other, to its end.",
      discussion: "The events are the data: lines on stdout, with -o json or jsonl one object a line.")
    @Argument(help: "The task.", completion: LiveCompletion.tasks) var id: String
    @Option(help: ArgumentHelp("Begin with this event (default: the first).", valueName: "seq")) var fromSeq: UInt64 = 0
    @Flag(help: "The model's text as it is written, too.") var tokens = false
    @OptionGroup(title: "Global options") var options: GlobalOptions

    func run(_ server: ServerLink, _ printer: Printer) async throws {
      let task = try await server.call(Methods.taskGet, TaskRef(id: id))
      var follower = TaskFollower(
        server: server, task: task, printer: printer, tokens: tokens, nextSeq: fromSeq, timeout: options.timeout)
      var lines = ProgressLines(terminal: printer.out)
      let ended = try await follower.follow { event in
        switch printer.form {
        case .json, .jsonl: printer.out.write(Escaping.json(event.json().text()) + "\n")
        case .ids: if event.seq > 0 { printer.line("\(event.seq)") }
        case .table, .wide: lines.show(event)
        }
      }
      if printer.form == .table || printer.form == .wide, let result = ended.result {
        printer.out.write("\n")
        AnswerPrinter(printer: printer, task: ended, result: result).print()
      }
      try TaskOutcome.check(ended, printer)
    }
  }

  struct Wait: ServerCommand {
    static let configuration = CommandConfiguration(
      abstract: "Wait until tasks have ended, or something else holds, and print them; exit code 9 when one failed.",
      discussion: """
        --for takes a status (running, waiting, completed, …), 'ended', or any condition on the task's fields, as --filter does: \
        --for 'status=running and attempt>1'. A task that ends before its condition held is a failure, too.
        """)
    @Argument(help: "The tasks.", completion: LiveCompletion.tasks) var ids: [String]
    @Option(
      name: .customLong("for"), help: ArgumentHelp("What to wait for (default: ended).", valueName: "condition"))
    var condition = WaitCondition.ended
    @OptionGroup(title: "Global options") var options: GlobalOptions

    func run(_ server: ServerLink, _ printer: Printer) async throws {
      var failure: AwaitedTaskFailed?
      for id in ids {
        let task = try await server.call(Methods.taskGet, TaskRef(id: id))
        guard case .holds(let filter) = condition else {
          var follower = TaskFollower(server: server, task: task, printer: printer, timeout: options.timeout)
          let ended = try await follower.follow { _ in }
          printer.object(ended, id: ended.id)
          do throws(AwaitedTaskFailed) { try TaskOutcome.check(ended, printer) } catch { failure = failure ?? error }
          continue
        }
        let (found, holds) = try await self.wait(for: filter, task, server)
        printer.object(found, id: found.id)
        if !holds {
          failure =
            failure
            ?? AwaitedTaskFailed(
              reason: WireError(
                .failedPrecondition, "task \(found.id) ended as \(found.status.label), and '\(filter.text)' never held of it"))
        }
      }
      if let failure { throw failure }
    }

    /// Looks again and again: conditions may be on anything.
    private func wait(
      for filter: Filter, _ task: TaskRecord, _ server: ServerLink
    ) async throws -> (task: TaskRecord, holds: Bool) {
      try filter.require(fieldsOf: TaskRecord().json())
      let deadline = options.timeout.map { ContinuousClock.now + $0.duration }
      var task = task
      while true {
        if filter.matches(task.json(), now: .now) { return (task, true) }
        if task.status.isTerminal { return (task, false) }
        if let deadline, ContinuousClock.now >= deadline {
          throw WireError(.deadlineExceeded, "'\(filter.text)' did not hold of task \(task.id) in time")
        }
        try await Task.sleep(for: .milliseconds(100))
        task = try await server.call(Methods.taskGet, TaskRef(id: task.id))
      }
    }
  }
}

/// What `task wait --for` waits for.
enum WaitCondition: ExpressibleByArgument, Sendable {
  case ended
  case holds(Filter)

  init?(argument: String) {
    if argument == "ended" {
      self = .ended
    } else if let status = TaskStatus(label: argument.replacing("-", with: "_")), status != .unspecified {
      guard let filter = Filter(argument: "status=\(status.label)") else { return nil }
      self = .holds(filter)
    } else {
      guard let filter = Filter(argument: argument) else { return nil }
      self = .holds(filter)
    }
  }

  var defaultValueDescription: String { "ended" }
}
