import ArgumentParser
import Glibc
import Logging
import Telemetry
import Wire

/// Runs one command and turns what it throws into words on stderr and an exit code.
@main
enum Program {
  static func main() async {
    let arguments = LeadingOptions.moved(Array(CommandLine.arguments.dropFirst()))
    let work = Task { await run(arguments) }
    await Interruption.watch(cancelling: work)
    exit(await work.value)
  }

  /// The command as a span: what it asks of kai-session belongs to its trace, or to the one that `TRACEPARENT` names.
  private static func run(_ arguments: [String]) async -> Int32 {
    let outer = Environment["TRACEPARENT"].flatMap { TraceContext(parsing: $0) }
    do throws(WireError) {
      Tracing.bootstrap(
        try SpanExporter.Target.parse(Environment["KAI_TRACES"]).map { (target) throws(WireError) in
          try SpanExporter(target, service: "kaictl", version: Release.version, logger: Logger(label: "kaictl"))
        })
    } catch {
      tell(error, ExitStatus.code(for: error), arguments)
      return ExitStatus.code(for: error)
    }
    defer { Tracing.close() }
    let verbs = arguments.prefix { !$0.hasPrefix("-") }.prefix(2).joined(separator: " ")
    // Without a place for spans, a trace of its own still goes with all that it asks.
    return await Tracing.run("kaictl \(verbs)", .client, under: outer ?? (Tracing.isOn ? nil : .root())) { notes in
      let status = await perform(arguments)
      notes["process.exit.code"] = .integer(Int64(status))
      if status != ExitStatus.success { notes.fail("exit code \(status)") }
      return status
    }
  }

  private static func perform(_ arguments: [String]) async -> Int32 {
    do {
      // Completion of live ids asks kai-session.
      var command = try await Kaictl.asyncParseAsRoot(arguments)
      if var command = command as? any AsyncParsableCommand {
        try await command.run()
      } else {
        try command.run()
      }
      return ExitStatus.success
    } catch {
      let status = ExitStatus.code(for: error)
      tell(error, status, arguments)
      return status
    }
  }

  private static func tell(_ error: any Error, _ status: Int32, _ arguments: [String]) {
    if status == ExitStatus.success {
      // A request for help, for the version or for a completion script.
      return Terminal(descriptor: 1, noColor: true).write(Kaictl.fullMessage(for: error) + "\n")
    }
    guard let report = ErrorReport(error) else { return }
    let talk = Terminal(descriptor: 2, noColor: arguments.contains("--no-color"))
    talk.write(ErrorReport.wantsJSON(arguments) ? report.jsonLine : report.text(on: talk))
  }
}
