import Wire

@testable import SessionService

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
    case .forgetsAnswers:
      if sql.hasPrefix("UPDATE tasks SET status"), case .blob(let bytes) = values[8] {
        var question = try TaskQuestion(decoding: bytes)
        question.answer?.text = ""
        values[8] = .blob(question.encoded())
      }
    case .mixesUpResults:
      if sql.hasPrefix("UPDATE tasks SET status"), values[0] == Value(TaskStatus.cancelled) {
        values[0] = Value(TaskStatus.completed)
      }
    }
    return try real.execute(sql, values)
  }

  func wipeLog() { real.wipeLog() }

  func heed(_ life: UnitLife) throws(WireError) { try real.heed(life) }

  func afterCommit(_ action: @escaping @Sendable () -> Void) {
    if requeues { return }
    real.afterCommit(action)
  }
}
