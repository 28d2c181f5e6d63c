public import ArgumentParser
import Glibc
import Telemetry
public import Wire

extension AsyncParsableCommand {
  /// Parses the command line, runs the command and ends the process: 0 for help and version, 2 for a command line that is not
  /// valid, else what the command says.
  public static func launch() async -> Never {
    // Even to read the command line takes memory.
    do throws(WireError) { try MachineMemory.allowed.requireEnough() } catch { Glibc.exit(complain(error).rawValue) }
    OpenFiles.raiseLimit()
    do {
      var command = try parseAsRoot()
      if var command = command as? any AsyncParsableCommand {
        try await command.run()
      } else {
        try command.run()
      }
      Glibc.exit(0)
    } catch {
      let code = exitCode(for: error)
      let text = fullMessage(for: error)
      if !text.isEmpty { say(text + "\n", on: code.isSuccess ? STDOUT_FILENO : STDERR_FILENO) }
      Glibc.exit(code == .validationFailure ? 2 : code.rawValue)
    }
  }

  /// Tells an operator in one line what went wrong and what to do about it.
  /// - Returns: the exit code of the error table.
  public static func complain(_ error: WireError) -> ExitCode {
    let hint = error.hint.isEmpty ? "" : " " + error.hint
    say(LogText.oneLine("\(_commandName): \(error.message).\(hint)") + "\n", on: STDERR_FILENO)
    return ExitCode(ErrorTable.row(error.errorCode)?.exit ?? 1)
  }
}

/// Nobody is left to tell when this fails.
private func say(_ text: String, on descriptor: Int32) {
  let bytes = Array(text.utf8)
  _ = write(descriptor, bytes, bytes.count)
}
