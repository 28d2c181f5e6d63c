import Testing

/// A simulator that never finds anything proves nothing: each bug that is planted here must be found, by the invariant that it
/// breaks.
@Suite struct PlantedBugTests {
  /// Whether any of the first seeds finds a violation with these words in it.
  private func finds(_ words: String, within seeds: UInt64, _ faults: SimFaults) throws -> Bool {
    for seed in 1...seeds {
      let violations = try Simulation.run(seed: seed, faults: faults).violations
      guard let found = violations.first(where: { $0.contains(words) }) else { continue }
      print("planted bug, found by seed \(seed): \(found)")
      return true
    }
    return false
  }

  // MARK: The disk

  @Test func aDiskThatLosesWhatItSyncedIsFound() throws {
    #expect(try finds("was acknowledged and is lost", within: 60, SimFaults(losesSyncedWrites: true)))
  }

  @Test func anAcknowledgedTaskThatIsLostIsFound() throws {
    #expect(try finds("the acknowledged task", within: 60, SimFaults(losesSyncedWrites: true)))
  }

  @Test func anAnswerToACommitThatFailedIsFound() throws {
    #expect(try finds("is acknowledged, but the newest in the store is", within: 60, SimFaults(acknowledgesFailedCommits: true)))
  }

  // MARK: One owner

  @Test func aFenceThatIsNotCheckedIsFound() throws {
    #expect(try finds("after one with epoch", within: 60, SimFaults(ignoresFences: true)))
  }

  @Test func anEpochThatDoesNotRiseIsFound() throws {
    #expect(try finds("belongs to", within: 60, SimFaults(statement: .keepsEpoch)))
  }

  // MARK: The chain

  @Test func aStepThatIsNotStoredIsFound() throws {
    #expect(try finds("have a gap before", within: 60, SimFaults(statement: .losesSteps)))
  }

  @Test func aStepThatIsChangedIsFound() throws {
    #expect(try finds("was acknowledged and is another", within: 60, SimFaults(statement: .changesSteps)))
  }

  @Test func anEventWithoutItsNumberIsFound() throws {
    #expect(try finds("are not numbered without gaps", within: 60, SimFaults(statement: .skipsEventNumbers)))
  }

  // MARK: Tasks

  @Test func aForgottenIdempotencyKeyIsFound() throws {
    #expect(try finds("was submitted once and is 2 tasks", within: 60, SimFaults(forgetsIdempotencyKeys: true)))
  }

  @Test func aTaskThatEndsTwiceIsFound() throws {
    #expect(try finds("ended 2 times", within: 60, SimFaults(forgetsEnds: true)))
  }

  @Test func aTaskThatWaitsForEverIsFound() throws {
    #expect(try finds("is queued although everything is at rest", within: 60, SimFaults(statement: .dropsRequeues)))
  }

  @Test func aLeaseThatIsLeftBehindIsFound() throws {
    #expect(try finds("completed and leased", within: 60, SimFaults(statement: .keepsLeases)))
  }

  @Test func aSessionThatStaysRunningIsFound() throws {
    #expect(try finds("is running without a lease", within: 60, SimFaults(statement: .keepsSessionRunning)))
  }

  // MARK: Cancellations

  @Test func aCancellationThatIsForgottenIsFound() throws {
    #expect(
      try finds("although its cancellation had been acknowledged", within: 60, SimFaults(statement: .forgetsCancellations)))
  }

  @Test func aCancellationOfAnotherTaskIsFound() throws {
    #expect(try finds("was cancelled by nobody", within: 60, SimFaults(cancelsAnother: true)))
  }

  @Test func aCancellationByHalfIsFound() throws {
    #expect(try finds("was acknowledged after its task", within: 60, SimFaults(statement: .cancelsByHalf)))
  }

  @Test func aResultThatSaysAnotherThingThanItsTaskIsFound() throws {
    #expect(try finds("is completed and its result is cancelled", within: 60, SimFaults(statement: .mixesUpResults)))
  }

  // MARK: Questions to people

  @Test func anAnswerThatIsNotStoredIsFound() throws {
    #expect(try finds("the acknowledged answer", within: 60, SimFaults(statement: .forgetsAnswers)))
  }

  @Test func aTaskThatWaitsForAPersonForEverIsFound() throws {
    #expect(try finds("is waiting although everything is at rest", within: 60, SimFaults(forgetsWaiting: true)))
  }

  // MARK: Effects

  @Test func anUnsafeToolThatIsRepeatedIsFound() throws {
    #expect(try finds("ran 2 times", within: 60, SimFaults(repeatsUnsafeTools: true)))
  }

  @Test func aTransactionalToolThatIgnoresItsKeyIsFound() throws {
    #expect(try finds("took effect 2 times", within: 60, SimFaults(ignoresCallKeys: true)))
  }

  @Test func aCallThatIsTakenAsDoneIsFound() throws {
    #expect(try finds("took effect 0 times", within: 60, SimFaults(skipsRepeats: true)))
  }

  // MARK: The simulator itself

  @Test func chanceThatIsNotTheSeedsIsFound() throws {
    let faults = SimFaults(rollsRealDice: true)
    #expect(try Simulation.run(seed: 1, faults: faults).trace != Simulation.run(seed: 1, faults: faults).trace)
  }
}
