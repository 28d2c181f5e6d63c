import Foundation
import Testing

/// The queue, leases, checkpoint chain and idempotency of kai-session against a world in which everything fails.
///
/// `KAI_SIM_SEEDS=A..B` runs other seeds than the few of `script/test`; see `script/simulate`.
@Suite struct SimulationTests {
  private static var seeds: ClosedRange<UInt64> {
    let parts = (ProcessInfo.processInfo.environment["KAI_SIM_SEEDS"] ?? "1..1000").split(separator: ".").compactMap {
      UInt64($0)
    }
    return parts.count == 2 && parts[0] <= parts[1] ? parts[0]...parts[1] : 1...1_000
  }

  @Test func whatWasPromisedHoldsWhateverFails() throws {
    var injected: [String: Int] = [:]
    var (steps, tasks, digest) = (0, 0, UInt64(0))
    for seed in Self.seeds {
      let outcome = try Simulation.run(seed: seed)
      #expect(outcome.violations == [], "seed \(seed)")
      injected.merge(outcome.injected) { $0 + $1 }
      steps += outcome.steps
      tasks += outcome.tasks
      digest = digest &* 31 &+ outcome.trace
    }
    let counters = injected.sorted { $0.key < $1.key }.map { "\($0.value) × \($0.key)" }.joined(separator: ", ")
    // The digest is the same in every process: a history depends on nothing but its seed.
    print(
      "simulation: seeds \(Self.seeds), \(tasks) tasks, \(steps) steps, digest \(String(digest, radix: 16)); injected: \(counters)"
    )
    // One history holds some of them; a hundred hold them all.
    guard Self.seeds.count >= 100 else { return }
    for fault in ["node killed", "node frozen", "link cut", "user's link cut", "server killed", "cancel", "pause"] {
      #expect(injected[fault] ?? 0 > 0, "'\(fault)' was never injected")
    }
  }

  @Test func theSameSeedGivesTheSameHistory() throws {
    for seed in UInt64(1)...5 {
      #expect(try Simulation.run(seed: seed).trace == Simulation.run(seed: seed).trace, "seed \(seed)")
    }
  }

  /// Whether any of the first seeds finds a violation with this word in it.
  private func finds(_ word: String, _ faults: SimFaults) throws -> Bool {
    for seed in UInt64(1)...60 {
      if try Simulation.run(seed: seed, faults: faults).violations.contains(where: { $0.contains(word) }) { return true }
    }
    return false
  }

  @Test func aDiskThatLosesWhatItSyncedIsFound() throws {
    #expect(try finds("lost", SimFaults(losesSyncedWrites: true)))
  }

  @Test func aForgottenIdempotencyKeyIsFound() throws {
    #expect(try finds("was submitted once", SimFaults(forgetsIdempotencyKeys: true)))
  }

  @Test func anUnsafeToolThatIsRepeatedIsFound() throws {
    #expect(try finds("ran 2 times", SimFaults(repeatsUnsafeTools: true)))
  }

  @Test func aFenceThatIsNotCheckedIsFound() throws {
    #expect(try finds("epoch", SimFaults(ignoresFences: true)))
  }
}
