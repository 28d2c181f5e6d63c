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
  /// A task that ended says one thing, its result another.
  case mixesUpResults
}

/// A transaction with a bug in it.
final class PlantedTransaction: Transaction {
  private let real: any Transaction
  private let bug: StatementBug
  private let world: SimWorld
  private var requeues = false

  init(_ real: any Transaction, _ bug: StatementBug, _ world: SimWorld) {
    self.real = real
    self.bug = bug
    self.world = world
  }

  var now: Timestamp { real.now }

  func makeId(_ prefix: String) -> String { real.makeId(prefix) }

  func query<T>(
    _ sql: String, _ values: [Value], _ read: (any Row) throws(WireError) -> T
  ) throws(WireError) -> [T] { try real.query(sql, values, read) }

  @discardableResult
  func execute(_ sql: String, _ values: [Value]) throws(WireError) -> Int {
    var values = values
    switch bug {
    case .keepsEpoch:
      if sql.hasPrefix("UPDATE sessions SET epoch") { return 1 }
    case .losesSteps:
      if sql.hasPrefix("INSERT INTO checkpoints"), world.chance(2) { return 1 }
    case .changesSteps:
      if sql.hasPrefix("INSERT INTO checkpoints"), world.chance(2), case .blob(var body) = values[12] {
        body[body.count / 2] ^= 1
        values[12] = .blob(body)
      }
    case .forgetsCancellations:
      if sql.hasPrefix("UPDATE tasks SET status") { values[7] = Value(false) }
    case .cancelsByHalf:
      if sql.hasPrefix("UPDATE tasks SET status"), values[0] == Value(TaskStatus.running), values[7] == Value(true) {
        values[0] = Value(TaskStatus.cancelled)
      }
    case .keepsLeases:
      if sql.hasPrefix("DELETE FROM leases") { return 1 }
    case .keepsSessionRunning:
      if sql.hasPrefix("UPDATE sessions SET status"), values[0] == Value(SessionStatus.active) { return 1 }
    case .skipsEventNumbers:
      if sql.hasPrefix("INSERT INTO events"), world.chance(2), case .integer(let number) = values[1] {
        values[1] = .integer(number + 1)
      }
    case .dropsRequeues:
      if sql.hasPrefix("UPDATE tasks SET status") { requeues = values[0] == Value(TaskStatus.queued) }
    case .mixesUpResults:
      if sql.hasPrefix("UPDATE tasks SET status"), values[0] == Value(TaskStatus.cancelled) {
        values[0] = Value(TaskStatus.completed)
      }
    }
    return try real.execute(sql, values)
  }

  func afterCommit(_ action: @escaping @Sendable () -> Void) {
    if requeues { return }
    real.afterCommit(action)
  }
}
