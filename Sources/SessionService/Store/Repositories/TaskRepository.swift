import Wire

/// A task as it is stored, with what only the queue needs to know.
struct StoredTask: Sendable {
  var record: TaskRecord
  /// The user database that it asks.
  let connectionId: String
  /// Its place in the order of submission.
  let number: Int64
  /// The key that submitted it, or tried it again; empty when that is not known.
  var keyId: String
  /// A person wants it to stop; its node has been told, or will be.
  var isCancelRequested: Bool

  var queued: QueuedTask {
    QueuedTask(
      taskId: record.id, sessionId: record.sessionId, priority: record.priority, number: number,
      notBefore: record.notBefore, connectionId: connectionId, selector: NodeSelector(record.labels),
      keyId: keyId, hasBegun: record.startedAt != Timestamp())
  }
}

/// The tasks' rows.
enum TaskRepository {
  struct Filter: Sendable {
    var sessionId: String?
    var status: TaskStatus?
    /// nil for all.
    var connections: Set<String>?
  }

  private static let columns = """
    id, session_id, mode, priority, status, attempt, max_attempts, not_before, created_at, started_at, finished_at, node_id,
    reason, cancel_requested, labels, prompt, context, metadata, result, db_connection_id, question, retry_of,
    submitted_by
    """

  /// - Throws: `not_found`, or `invalid_argument` when `id` has not the form of a task's id.
  static func get(_ id: String, in transaction: any Transaction) throws(WireError) -> StoredTask {
    try Identifier.task.require(id)
    guard let found = try find(id, in: transaction) else { throw missing(id) }
    return found
  }

  static func missing(_ id: String) -> WireError { WireError(.notFound, "there is no task '\(id)'") }

  static func find(_ id: String, in transaction: any Transaction) throws(WireError) -> StoredTask? {
    try transaction.first("SELECT \(columns), seq FROM tasks WHERE id = ?", [.text(id)]) { (row) throws(WireError) in
      try task(row)
    }
  }

  /// - Returns: the task with its place in the order of submission.
  static func insert(
    _ record: TaskRecord, connectionId: String, keyId: String, in transaction: any Transaction
  ) throws(WireError) -> StoredTask {
    let numbers = try transaction.query(
      """
      INSERT INTO tasks (\(columns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?, ?, NULL, ?,
        NULL, ?, ?)
      RETURNING seq
      """,
      [
        .text(record.id), .text(record.sessionId), Value(record.mode), .integer(record.priority), Value(record.status),
        Value(record.attempt), Value(record.maxAttempts), Value(record.notBefore), Value(record.createdAt),
        Value(record.startedAt), Value(record.finishedAt), .text(record.nodeId), .text(record.reason),
        .blob(wishes(record)), .text(record.prompt), .text(record.context), .text(record.metadata),
        .text(connectionId), .text(record.retryOf.joined(separator: ",")), .text(keyId),
      ]
    ) { (row) in row.int64(0) }
    guard let number = numbers.first else { throw WireError(.storageFailed, "the store did not number a new task") }
    return StoredTask(record: record, connectionId: connectionId, number: number, keyId: keyId, isCancelRequested: false)
  }

  /// Writes what the queue changes: status, attempt, times, node, reason, the wish to cancel, the question and the result.
  static func save(_ task: StoredTask, in transaction: any Transaction) throws(WireError) {
    let record = task.record
    try transaction.execute(
      """
      UPDATE tasks SET status = ?, attempt = ?, not_before = ?, started_at = ?, finished_at = ?, node_id = ?, reason = ?,
      cancel_requested = ?, question = ?, result = ?, submitted_by = ? WHERE id = ?
      """,
      [
        Value(record.status), Value(record.attempt), Value(record.notBefore), Value(record.startedAt),
        Value(record.finishedAt), .text(record.nodeId), .text(record.reason), Value(task.isCancelRequested),
        record.question.map { .blob($0.encoded()) } ?? .null, record.result.map { .blob($0.encoded()) } ?? .null,
        .text(task.keyId), .text(record.id),
      ])
  }

  /// The id of the session's oldest task that has not ended, or nil.
  static func firstUnfinished(sessionId: String, in transaction: any Transaction) throws(WireError) -> String? {
    try transaction.first(
      "SELECT id FROM tasks WHERE session_id = ? AND status IN (1, 2, 3) ORDER BY seq LIMIT 1", [.text(sessionId)]
    ) { (row) in row.text(0) }
  }

  /// The first of the session's tasks behind a number that have not ended.
  static func nextUnfinished(
    sessionId: String, after number: Int64, in transaction: any Transaction
  ) throws(WireError) -> StoredTask? {
    try transaction.first(
      "SELECT \(columns), seq FROM tasks WHERE session_id = ? AND status IN (1, 2, 3) AND seq > ? ORDER BY seq LIMIT 1",
      [.text(sessionId), .integer(number)]
    ) { (row) throws(WireError) in try task(row) }
  }

  /// The id of the first of a session's tasks that are in a state.
  static func first(
    ofSession id: String, _ status: TaskStatus, in transaction: any Transaction
  ) throws(WireError) -> String? {
    try transaction.first(
      "SELECT id FROM tasks WHERE session_id = ? AND status = ? ORDER BY seq LIMIT 1", [.text(id), Value(status)]
    ) { (row) in row.text(0) }
  }

  /// How many queued tasks of its session go before a task; see ``QueuedTask/goesBefore(_:)``.
  static func queuedBefore(_ task: QueuedTask, in transaction: any Transaction) throws(WireError) -> Int {
    let count = try transaction.first(
      """
      SELECT count(*) FROM tasks WHERE session_id = ? AND status = ? AND id <> ?
        AND ((started_at <> 0) > ? OR ((started_at <> 0) = ? AND (priority > ? OR (priority = ? AND seq < ?))))
      """,
      [
        .text(task.sessionId), Value(TaskStatus.queued), .text(task.taskId), .integer(task.hasBegun ? 1 : 0),
        .integer(task.hasBegun ? 1 : 0), .integer(task.priority), .integer(task.priority), .integer(task.number),
      ]
    ) { (row) in row.int64(0) }
    return Int(count ?? 0)
  }

  /// The first of a session's tasks behind a number.
  static func next(
    ofSession id: String, after number: Int64, in transaction: any Transaction
  ) throws(WireError) -> StoredTask? {
    try transaction.first(
      "SELECT \(columns), seq FROM tasks WHERE session_id = ? AND seq > ? ORDER BY seq LIMIT 1", [.text(id), .integer(number)]
    ) { (row) throws(WireError) in try task(row) }
  }

  /// Every queued task with whether its session is open for work.
  static func queued(in transaction: any Transaction) throws(WireError) -> [(task: QueuedTask, sessionIsOpen: Bool)] {
    try transaction.query(
      """
      SELECT tasks.id, tasks.session_id, tasks.priority, tasks.seq, tasks.not_before, sessions.status,
        tasks.db_connection_id, tasks.labels, tasks.started_at, tasks.submitted_by
      FROM tasks JOIN sessions ON sessions.id = tasks.session_id WHERE tasks.status = ? ORDER BY tasks.seq
      """, [Value(TaskStatus.queued)]
    ) { (row) throws(WireError) in
      let status: SessionStatus = row.enumeration(5)
      return (
        task: QueuedTask(
          taskId: row.text(0), sessionId: row.text(1), priority: row.int64(2), number: row.int64(3),
          notBefore: row.timestamp(4), connectionId: row.text(6), selector: NodeSelector(try wishes(row.blob(7)).labels),
          keyId: row.text(9), hasBegun: row.timestamp(8) != Timestamp()),
        sessionIsOpen: TaskRules.isOpen(status)
      )
    }
  }

  /// Every task that waits for a person, without what it was asked.
  static func waiting(in transaction: any Transaction) throws(WireError) -> [TaskRecord] {
    let columns = columns.replacing("prompt, context, metadata, result", with: "'', '', '', NULL")
    return try transaction.query(
      "SELECT \(columns), seq FROM tasks WHERE status = ? ORDER BY seq", [Value(TaskStatus.waiting)]
    ) { (row) throws(WireError) in try task(row).record }
  }

  /// When the task was submitted, or may begin, that waits longest; nil when none waits.
  static func oldestQueued(in transaction: any Transaction) throws(WireError) -> Timestamp? {
    try transaction.first(
      "SELECT max(created_at, not_before) AS due FROM tasks WHERE status = ? AND not_before <= ? ORDER BY due LIMIT 1",
      [Value(TaskStatus.queued), Value(transaction.now)]
    ) { (row) in row.timestamp(0) }
  }

  /// A page of the tasks that match, newest first, and how many match in all. A page that would be too large for a message
  /// ends earlier.
  static func list(
    _ filter: Filter, page: PageRequest, in transaction: any Transaction
  ) throws(WireError) -> (tasks: [TaskRecord], total: UInt64, nextCursor: String) {
    var condition = Condition()
    if let sessionId = filter.sessionId { condition.add("session_id = ?", .text(sessionId)) }
    if let status = filter.status { condition.add("status = ?", Value(status)) }
    if let connections = filter.connections { condition.add("db_connection_id", oneOf: connections) }
    let total = try transaction.first("SELECT count(*) FROM tasks WHERE \(condition.text)", condition.values) { (row) in
      row.uint64(0)
    }
    var tasks: [TaskRecord] = []
    var before = page.before
    var bytes = 0
    while tasks.count < page.limit, bytes < maxPageBytes {
      let next = try transaction.first(
        "SELECT \(columns), seq FROM tasks WHERE \(condition.text) AND seq < ? ORDER BY seq DESC LIMIT 1",
        condition.values + [.integer(before)]
      ) { (row) throws(WireError) in try task(row) }
      guard let next else { return (tasks, total ?? 0, "") }
      tasks.append(next.record)
      before = next.number
      bytes += next.record.encodedSize
    }
    let more = try transaction.first(
      "SELECT 1 FROM tasks WHERE \(condition.text) AND seq < ? LIMIT 1", condition.values + [.integer(before)]
    ) { (row) in row.bool(0) }
    return (tasks, total ?? 0, more == nil ? "" : PageRequest.cursor(after: before, list: "task"))
  }

  /// A page ends with the task that reaches this; one task is at most as large again, and a message may hold 4 MiB.
  private static let maxPageBytes = 1024 * 1024

  private static func task(_ row: any Row) throws(WireError) -> StoredTask {
    let record = try TaskRecord.with { (record) throws(WireError) in
      record.id = row.text(0)
      record.sessionId = row.text(1)
      record.mode = row.enumeration(2)
      record.priority = row.int64(3)
      record.status = row.enumeration(4)
      record.attempt = row.uint32(5)
      record.maxAttempts = row.uint32(6)
      record.notBefore = row.timestamp(7)
      record.createdAt = row.timestamp(8)
      record.startedAt = row.timestamp(9)
      record.finishedAt = row.timestamp(10)
      record.nodeId = row.text(11)
      record.reason = row.text(12)
      let wishes = try wishes(row.blob(14))
      record.labels = wishes.labels
      record.language = wishes.language
      record.traceparent = wishes.traceparent
      record.prompt = row.text(15)
      record.context = row.text(16)
      record.metadata = row.text(17)
      record.result = row.isNull(18) ? nil : try TaskResult(decoding: row.blob(18))
      record.question = row.isNull(20) ? nil : try TaskQuestion(decoding: row.blob(20))
      record.retryOf = row.text(21).split(separator: ",").map(String.init)
    }
    return StoredTask(
      record: record, connectionId: row.text(19), number: row.int64(23), keyId: row.text(22), isCancelRequested: row.bool(13))
  }

  /// Labels, language and trace are kept as the message that a submit brings them in, with nothing else in it.
  private static func wishes(_ record: TaskRecord) -> [UInt8] {
    TaskSubmitRequest.with {
      ($0.labels, $0.language, $0.traceparent) = (record.labels, record.language, record.traceparent)
    }.encoded()
  }

  private static func wishes(_ bytes: [UInt8]) throws(WireError) -> TaskSubmitRequest { try TaskSubmitRequest(decoding: bytes) }
}
