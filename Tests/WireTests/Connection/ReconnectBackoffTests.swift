import NIOCore
import Testing

@testable import Wire

@Suite struct ReconnectBackoffTests {
  @Test func itDoublesFromFiftyMillisecondsToFiveSecondsWithJitter() {
    var low = ReconnectBackoff()
    var high = ReconnectBackoff()
    let lows = (0..<9).map { _ in low.nextDelayMs(random: 0) }
    let highs = (0..<9).map { _ in high.nextDelayMs(random: 0.999_999) }
    #expect(lows == [25, 50, 100, 200, 400, 800, 1_600, 2_500, 2_500])
    #expect(highs == [49, 99, 199, 399, 799, 1_599, 3_199, 4_999, 4_999])
  }

  @Test func aServerThatStaysAwayIsAskedMoreAndMoreRarely() {
    var backoff = ReconnectBackoff()
    var now = NIODeadline.uptimeNanoseconds(1_000_000_000)
    backoff.opened(now)
    now = now + .seconds(60)
    var delays: [Int64] = []
    // A minute of failures: the connection that stood before the outage counts once.
    for _ in 0..<20 {
      let delay = backoff.lost(now, random: 0)
      delays.append(delay)
      now = now + .milliseconds(delay)
    }
    #expect(delays.prefix(8) == [25, 50, 100, 200, 400, 800, 1_600, 2_500])
    #expect(delays.dropFirst(8).allSatisfy { $0 == 2_500 })
  }

  @Test func aConnectionThatStoodEndsTheOutageAndOneThatDidNotDoesNot() {
    var backoff = ReconnectBackoff()
    var now = NIODeadline.uptimeNanoseconds(1_000_000_000)
    for _ in 0..<5 { _ = backoff.lost(now, random: 0) }
    backoff.opened(now)
    now = now + .seconds(1)
    let afterAMoment = backoff.lost(now, random: 0)
    #expect(afterAMoment == 800)
    backoff.opened(now)
    now = now + .seconds(6)
    let afterAWhile = backoff.lost(now, random: 0)
    #expect(afterAWhile == 25)
  }
}
