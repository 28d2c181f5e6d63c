import Foundation
import Testing

/// The queue, leases, checkpoint chain and idempotency of kai-session against a world in which everything fails.
///
/// `KAI_SIM_SEEDS=A..B` runs other seeds than those of `script/test`; see `script/simulate`.
@Suite struct SimulationTests {
  private static var seeds: ClosedRange<UInt64> {
    let parts = (ProcessInfo.processInfo.environment["KAI_SIM_SEEDS"] ?? "1..1000").split(separator: ".").compactMap {
      UInt64($0)
    }
    return parts.count == 2 && parts[0] <= parts[1] ? parts[0]...parts[1] : 1...1_000
  }

  @Test func whatWasPromisedHoldsWhateverFails() throws {
    var counters: [String: Int] = [:]
    var digest: UInt64 = 0
    for seed in Self.seeds {
      let outcome = try Simulation.run(seed: seed)
      #expect(outcome.violations == [], "seed \(seed)")
      counters.merge(outcome.injected) { $0 + $1 }
      counters["tasks", default: 0] += outcome.tasks
      counters["acknowledged steps", default: 0] += outcome.steps
      counters["nodes", default: 0] += outcome.nodes
      // A sum, so that the parts of a range can be run apart.
      digest &+= outcome.trace
    }
    // The digest is the same in every process: a history depends on nothing but its seed.
    print("simulation: digest \(String(digest, radix: 16))")
    for (name, count) in counters.sorted(by: { $0.key < $1.key }) { print("simulation: \(count) × \(name)") }
    // One history holds some of them; a hundred hold them all.
    guard Self.seeds.count >= 100 else { return }
    for fault in Self.faults { #expect(counters[fault] ?? 0 > 0, "'\(fault)' was never injected") }
  }

  private static let faults = [
    "node killed", "node frozen", "link cut", "half-open link", "partition", "late request", "late answer",
    "request that came after it was given up", "user's link cut", "server killed", "power cut", "disk full", "I/O error",
    "died between a commit and its answers", "died in the midst of a commit", "a booked call came again", "cancel", "pause",
    "answer",
  ]

  @Test func theSameSeedGivesTheSameHistory() throws {
    for seed in UInt64(1)...5 {
      #expect(try Simulation.run(seed: seed).trace == Simulation.run(seed: seed).trace, "seed \(seed)")
    }
  }

  /// Or a hundred thousand of them would fill the memory.
  @Test func aHistoryLeavesNothingBehind() throws {
    #expect(try Simulation.run(seed: 1).world == nil)
  }
}
