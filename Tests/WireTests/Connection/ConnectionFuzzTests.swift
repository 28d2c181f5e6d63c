import Testing

import WireFuzz

@Suite struct ConnectionFuzzTests {
  @Test(arguments: UInt64(1)...8) func machinesSurviveHostilePeers(_ seed: UInt64) throws {
    #expect(try HostilePeerFuzzer.run(events: 3_000, seed: seed).connections > 50)
  }

  @Test(arguments: UInt64(1)...8) func wellBehavedPeersNeverFallOut(_ seed: UInt64) throws {
    #expect(try PairFuzzer.run(events: 3_000, seed: seed).calls > 100)
  }
}
