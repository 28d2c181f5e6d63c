import Testing

@testable import SessionService

struct WakeTimerTests {
  @Test func anEarlierDeadlineReplacesALaterOneAndALaterOneDoesNot() {
    var timer = WakeTimer()
    func set(_ wakeAtMs: Int64?) -> Int64? { timer.set(for: wakeAtMs, nowMs: 0)?.atMs }
    func fired(_ atMs: Int64) -> Bool { timer.fired(atMs) }
    #expect(set(nil) == nil)
    #expect(set(1_000) == 1_000)
    #expect(set(2_000) == nil)
    #expect(set(1_000 - WakeTimer.stepMs) == nil)
    #expect(set(500) == 500)
    #expect(fired(500))
    #expect(!fired(1_000))
  }

  @Test func aDeadlineThatIsOverIsNotSpunOn() {
    var timer = WakeTimer()
    let set = timer.set(for: 0, nowMs: 700)
    #expect(set?.atMs == 700 + WakeTimer.stepMs)
    #expect(set?.waitMs == WakeTimer.stepMs)
  }

  @Test func timersThatWereReplacedDoNotMultiply() {
    var timer = WakeTimer()
    var pending: [Int64] = []
    // Each deadline is earlier than the one before, so that each sets a timer of its own.
    for deadline in (1...50).reversed() {
      if let set = timer.set(for: Int64(deadline) * 100, nowMs: 0) { pending.append(set.atMs) }
    }
    #expect(pending.count == 50)
    // From then on there is always one more deadline, two seconds ahead.
    for _ in 0..<200 {
      guard let next = pending.min() else { break }
      pending.remove(at: pending.firstIndex(of: next) ?? 0)
      guard timer.fired(next) else { continue }
      if let set = timer.set(for: next + 2_000, nowMs: next) { pending.append(set.atMs) }
    }
    #expect(pending.count == 1)
  }
}
