import Wire

@testable import SessionService

/// Looks at what is durable after each commit, before anybody hears of it, and tells the record.
final class DurableWatch {
  private let record: SimRecord

  init(_ record: SimRecord) { self.record = record }

  func look(_ reader: SQLiteReader) {
    let record = Unchecked(record)
    let seen = reader.run { (transaction) throws(WireError) in
      try Self.sessions(in: transaction).forEach(record.value.saw)
      let open = try Self.tasks("status IN (1, 2, 3)", [], in: transaction)
      // The others have ended a while ago: what becomes of them is looked at when everything is at rest.
      let ended = record.value.openTasks.subtracting(open.map(\.task)).sorted()
      open.forEach(record.value.saw)
      for task in ended { try Self.tasks("id = ?", [.text(task)], in: transaction).forEach(record.value.saw) }
    }
    if case .failure(let error) = seen { self.record.violated("the store cannot be read: \(error)") }
  }

  private static func sessions(in transaction: any Transaction) throws(WireError) -> [SimRecord.Standing] {
    try transaction.query(
      """
      SELECT s.id, s.status, s.head_step, s.epoch, l.task_id, l.node_id, l.epoch
      FROM sessions s LEFT JOIN leases l ON l.session_id = s.id
      """, []
    ) { (row) in
      SimRecord.Standing(
        session: row.text(0), status: row.enumeration(1), head: row.uint64(2), epoch: row.uint64(3),
        lease: row.isNull(4) ? nil : SimRecord.Holder(task: row.text(4), node: row.text(5), epoch: row.uint64(6)))
    }
  }

  static func tasks(
    _ condition: String, _ values: [Value], in transaction: any Transaction
  ) throws(WireError) -> [SimRecord.TaskStanding] {
    try transaction.query("SELECT id, session_id, status FROM tasks WHERE \(condition)", values) { (row) in
      SimRecord.TaskStanding(task: row.text(0), session: row.text(1), status: row.enumeration(2))
    }
  }
}
