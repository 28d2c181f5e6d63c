import ArgumentParser
import Glibc
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

  private static func run(_ arguments: [String]) async -> Int32 {
    do {
      var command = try Kaictl.parseAsRoot(arguments)
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
