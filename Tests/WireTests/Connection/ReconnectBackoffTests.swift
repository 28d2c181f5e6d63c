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
    low.reset()
    let first = low.nextDelayMs(random: 0)
    #expect(first == 25)
  }
}
