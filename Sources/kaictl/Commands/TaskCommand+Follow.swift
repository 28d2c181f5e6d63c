import ArgumentParser
import JSON
import Wire

extension TaskCommand {
  struct Watch: ServerCommand {
    static let configuration = CommandConfiguration(
      abstract: "Follow a task from its first event, or any other, to its end.",
      discussion: "The events are the data: lines on stdout, with -o json or jsonl one object a line.")
    @Argument(help: "The task.") var id: String
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
      abstract: "Wait until tasks have ended and print them; exit code 9 when one failed.")
    @Argument(help: "The tasks.") var ids: [String]
    @OptionGroup(title: "Global options") var options: GlobalOptions

    func run(_ server: ServerLink, _ printer: Printer) async throws {
      var failure: AwaitedTaskFailed?
      for id in ids {
        let task = try await server.call(Methods.taskGet, TaskRef(id: id))
        var follower = TaskFollower(server: server, task: task, printer: printer, timeout: options.timeout)
        let ended = try await follower.follow { _ in }
        printer.object(ended, id: ended.id)
        do throws(AwaitedTaskFailed) { try TaskOutcome.check(ended, printer) } catch { failure = failure ?? error }
      }
      if let failure { throw failure }
    }
  }
}
