import ArgumentParser
import Wire

/// What the exit codes of kaictl mean; errors of the protocol have theirs in ``ErrorTable``.
enum ExitStatus {
  static let success: Int32 = 0
  static let other: Int32 = 1
  static let usage: Int32 = 2
  static let batchFailed: Int32 = 8
  static let taskFailed: Int32 = 9
  static let interrupted: Int32 = 130

  /// The exit code for whatever a command threw.
  static func code(for error: any Error) -> Int32 {
    switch error {
    case let error as WireError: ErrorTable.row(error.errorCode)?.exit ?? other
    case is AwaitedTaskFailed: taskFailed
    case is BatchFailed: batchFailed
    case let error as ChildDied: error.exitCode
    case is CancellationError: interrupted
    default: code(forParsing: Kaictl.exitCode(for: error))
    }
  }

  /// ArgumentParser says 64 for a bad command line, as BSD does; here that is 2.
  private static func code(forParsing code: ExitCode) -> Int32 {
    code == .validationFailure ? usage : code.rawValue
  }
}

/// The task that was awaited did not end well.
struct AwaitedTaskFailed: Error {
  /// What the task's result says; when it says nothing, what its status means.
  let reason: WireError
}

/// Some of several things could not be done; each was told when it failed.
struct BatchFailed: Error {
  let failed: Int
  let total: Int
}
