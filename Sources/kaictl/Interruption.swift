import Glibc
import Synchronization
import UnixSignals

/// What Ctrl-C and SIGTERM do: the first cancels the command, which then ends in its own words; a second one, or two
/// seconds without an end, ends the process. A command that needs longer takes the signals over.
enum Interruption {
  private static let handler = Mutex<(@Sendable () -> Void)?>(nil)
  private static let grace = Duration.seconds(2)

  /// From now on each signal calls `handle` and nothing else.
  static func take(_ handle: @escaping @Sendable () -> Void) {
    handler.withLock { $0 = handle }
  }

  /// Watches the signals for as long as the process lives.
  static func watch(cancelling work: Task<Int32, Never>) async {
    let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)
    Task {
      var wasCancelled = false
      for await _ in signals {
        if let handle = handler.withLock({ $0 }) {
          handle()
          continue
        }
        if wasCancelled { exit(ExitStatus.interrupted) }
        wasCancelled = true
        work.cancel()
        Task {
          try? await Task.sleep(for: grace)
          exit(ExitStatus.interrupted)
        }
      }
    }
  }
}
