import Wire

@testable import SessionService

/// Bugs that can be planted, to see that the simulator finds them.
struct SimFaults {
  // The disk and the store.
  /// The disk says that it has synced what it keeps in its cache: a power cut takes back the last writes.
  var losesSyncedWrites = false
  /// A commit that failed is answered as if it were durable.
  var acknowledgesFailedCommits = false
  /// A statement of the store does something else than it says.
  var statement: StatementBug?
  /// What ended just before a restart is taken up again after it.
  var forgetsEnds = false
  /// A restart does not find the tasks that wait for a person.
  var forgetsWaiting = false

  // Clients and nodes.
  /// A client that lost its connection repeats its request with a new idempotency key.
  var forgetsIdempotencyKeys = false
  /// A cancellation reaches another task than the one it names.
  var cancelsAnother = false
  /// A node that resumes runs an unsafe tool again.
  var repeatsUnsafeTools = false
  /// A transactional tool does not look whether its call's key is there already.
  var ignoresCallKeys = false
  /// A node that resumes says of a call that may have run that it did, and does not run it again.
  var skipsRepeats = false
  /// A node does not notice that its lease is over, and the server does not check fences on the way in.
  var ignoresFences = false

  /// Chance is not a function of the seed alone.
  var rollsRealDice = false

  func planted<T>(_ unit: @escaping StoreUnit<T>, _ world: SimWorld) -> StoreUnit<T> {
    guard let statement else { return unit }
    let world = Unchecked(world)
    return { (transaction) throws(WireError) in
      try unit(PlantedTransaction(transaction, statement, world.value))
    }
  }
}

/// A bug in what the store writes.
enum StatementBug {
  /// A grant does not raise the session's epoch.
  case keepsEpoch
  /// Now and then a step is not stored, although its session's head moves.
  case losesSteps
  /// Now and then a step is stored with another byte than came.
  case changesSteps
  /// The wish to cancel a running task is not stored.
  case forgetsCancellations
  /// A running task that is cancelled has ended for the store, while its node goes on.
  case cancelsByHalf
  /// The last step of a task leaves its lease behind.
  case keepsLeases
  /// The session is not told that its task is over.
  case keepsSessionRunning
  /// Now and then an event's number is left out.
  case skipsEventNumbers
  /// The queue does not hear that a task is to be run again.
  case dropsRequeues
  /// What a person answered is not stored, although the task goes on.
  case forgetsAnswers
  /// A task that ended says one thing, its result another.
  case mixesUpResults
}
