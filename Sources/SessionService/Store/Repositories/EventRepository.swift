import Wire

/// The durable log of each session's events, numbered 1, 2, 3 ... without gaps.
enum EventRepository {
  /// Appends events to a session's log, whose newest has the number `last`.
  /// - Returns: the events with their numbers and times.
  static func append(
    _ events: [Event], to sessionId: String, after last: UInt64, in transaction: any Transaction
  ) throws(WireError) -> [Event] {
    var seq = last
    var numbered: [Event] = []
    for var event in events {
      seq += 1
      event.sessionId = sessionId
      event.seq = seq
      event.at = transaction.now
      numbered.append(event)
      try restore(event, of: sessionId, in: transaction)
    }
    return numbered
  }

  /// Adds an event as it is, with its number and time.
  static func restore(_ event: Event, of sessionId: String, in transaction: any Transaction) throws(WireError) {
    try transaction.execute(
      "INSERT INTO events (session_id, seq, at, kind, task_id, body) VALUES (?, ?, ?, ?, ?, ?)",
      [
        .text(sessionId), Value(event.seq), Value(event.at), Value(event.kind), .text(event.taskId), .blob(body(of: event)),
      ])
  }

  /// The number of a session's newest event, 0 when it has none.
  static func last(of sessionId: String, in transaction: any Transaction) throws(WireError) -> UInt64 {
    try transaction.first("SELECT max(seq) FROM events WHERE session_id = ?", [.text(sessionId)]) { (row) in row.uint64(0) }
      ?? 0
  }

  /// Events from a number on, in order.
  static func list(
    of sessionId: String, from seq: UInt64, limit: Int, in transaction: any Transaction
  ) throws(WireError) -> [Event] {
    guard let first = Int64(exactly: seq) else { return [] }
    return try transaction.query(
      "SELECT seq, at, kind, task_id, body FROM events WHERE session_id = ? AND seq >= ? ORDER BY seq LIMIT ?",
      [.text(sessionId), .integer(first), .integer(Int64(limit))]
    ) { (row) throws(WireError) in
      var event = try Event(decoding: row.blob(4))
      event.sessionId = sessionId
      event.seq = row.uint64(0)
      event.at = row.timestamp(1)
      event.kind = row.enumeration(2)
      event.taskId = row.text(3)
      return event
    }
  }

  /// What the columns do not say.
  private static func body(of event: Event) -> [UInt8] {
    var rest = event
    rest.sessionId = ""
    rest.seq = 0
    rest.at = Timestamp()
    rest.kind = .unspecified
    rest.taskId = ""
    return rest.encoded()
  }
}
