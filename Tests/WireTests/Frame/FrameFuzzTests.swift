import Testing

import WireFuzz

@Suite struct FrameFuzzTests {
  @Test(arguments: [UInt64(1), 2, 3]) func framesSurviveAShortRun(_ seed: UInt64) throws {
    let result = try FrameFuzzer.run(events: 1_000, seed: seed)
    #expect(result.frames > 300)
    #expect(result.errors > 10)
  }
}
