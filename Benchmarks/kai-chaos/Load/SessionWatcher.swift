import Synchronization
import Wire

/// Somebody who watches a session from its first event to its close, over a line that breaks: each time from the event that
/// comes next.
final class SessionWatcher: Sendable {
  private struct State {
    var digests: [UInt64] = []
    var finished: Set<String> = []
    var sawClose = false
  }

  let sessionId: String
  private let client: WireClient
  private let counters: Counters
  private let findings: Findings
  private let state = Mutex(State())

  init(_ sessionId: String, client: WireClient, counters: Counters, findings: Findings) {
    self.sessionId = sessionId
    self.client = client
    self.counters = counters
    self.findings = findings
  }

  /// The digest of each event seen, in order: the first is that of event 1.
  var digests: [UInt64] { state.withLock { $0.digests } }
  var sawClose: Bool { state.withLock { $0.sawClose } }

  func hasSeenEnd(of taskId: String) -> Bool { state.withLock { $0.finished.contains(taskId) } }

  /// Watches until the session is closed, or the task is cancelled.
  func watch() async {
    while !Task.isCancelled {
      let next = state.withLock { UInt64($0.digests.count) + 1 }
      let request = TaskWatchRequest.with {
        $0.sessionId = sessionId
        $0.fromSeq = next
      }
      do throws(WireError) {
        for try await item in try client.stream(Methods.taskWatch, request) {
          see(item.message)
          if sawClose { return }
        }
      } catch {
        if error.errorCode == .notFound { findings.add(.nothingLost, "session \(sessionId) is not found by its watcher") }
      }
      counters.add(.watchBreaks)
      try? await Task.sleep(for: .milliseconds(Int.random(in: 50...500)))
    }
  }

  private func see(_ event: Event) {
    guard event.seq > 0 else { return }
    let digest = event.digest
    let expected = state.withLock { state -> UInt64 in
      let expected = UInt64(state.digests.count) + 1
      guard event.seq == expected else { return expected }
      state.digests.append(digest)
      if event.kind == .taskFinished { state.finished.insert(event.taskId) }
      if event.isClose { state.sawClose = true }
      return expected
    }
    if event.seq != expected { findings.add(.noGaps, "a watcher of \(sessionId) got event \(event.seq) instead of \(expected)") }
  }
}

extension Event {
  /// Whether it says that the session was closed, which is the last thing that happens to it in a run.
  var isClose: Bool { kind == .sessionChanged && text == SessionStatus.completed.label }

  /// FNV-1a, 64 bits, of the encoded event.
  var digest: UInt64 {
    encoded().reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
  }
}
