import Synchronization
import Wire

/// Cuts off work that takes longer than a task's budget of time has left.
enum WorkDeadline {
  /// - Parameter milliseconds: nil for work without end.
  /// - Throws: `budget_exhausted` when the time was over; whatever `work` throws.
  static func run<T: Sendable>(
    within milliseconds: UInt64?, _ work: @escaping @Sendable () async throws(WireError) -> T
  ) async throws(WireError) -> T {
    guard let milliseconds else { return try await work() }
    let task = Task { () async -> Result<T, WireError> in
      do throws(WireError) { return .success(try await work()) } catch { return .failure(error) }
    }
    let flag = Flag()
    let timer = Task {
      try? await Task.sleep(for: .milliseconds(Int64(clamping: milliseconds)))
      guard !Task.isCancelled else { return }
      flag.raise()
      task.cancel()
    }
    defer { timer.cancel() }
    let result = await withTaskCancellationHandler {
      await task.value
    } onCancel: {
      task.cancel()
    }
    do throws(WireError) { return try result.get() } catch {
      guard error.errorCode == .cancelled, flag.isRaised else { throw error }
      throw WireError(
        .budgetExhausted, "the work was stopped after \(milliseconds) milliseconds, the rest of the time it may take")
    }
  }

  private final class Flag: Sendable {
    private let value = Atomic(false)
    func raise() { value.store(true, ordering: .relaxed) }
    var isRaised: Bool { value.load(ordering: .relaxed) }
  }
}
