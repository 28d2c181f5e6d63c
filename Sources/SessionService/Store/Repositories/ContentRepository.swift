import Wire

/// The bytes of artifacts, in chunks, from the moment they are uploaded until they are swept.
enum ContentRepository {
  enum State: Int64, Sendable {
    case uploading = 0
    case live = 1
    case discarded = 2
  }

  static func make(in transaction: any Transaction) throws(WireError) -> Int64 {
    let made = try transaction.query(
      "INSERT INTO contents (state) VALUES (?) RETURNING id", [.integer(State.uploading.rawValue)]
    ) { (row) in row.int64(0) }
    guard let id = made.first else { throw WireError(.storageFailed, "the store did not number an upload") }
    return id
  }

  /// - Parameter ordinal: from 0.
  static func append(
    _ bytes: [UInt8], ordinal: Int64, to id: Int64, in transaction: any Transaction
  ) throws(WireError) {
    try transaction.execute(
      "INSERT INTO content_chunks (content_id, ordinal, bytes, crc) VALUES (?, ?, ?, ?)",
      [.integer(id), .integer(ordinal), .blob(bytes), Value(bytes.withUnsafeBytes(Checksum.crc32))])
  }

  /// How many bytes are there.
  static func size(of id: Int64, in transaction: any Transaction) throws(WireError) -> UInt64 {
    try transaction.first(
      "SELECT coalesce(sum(length(bytes)), 0) FROM content_chunks WHERE content_id = ?", [.integer(id)]
    ) { (row) in row.uint64(0) } ?? 0
  }

  /// - Throws: `corrupt` when it is not what was written.
  static func chunk(_ ordinal: Int64, of id: Int64, in transaction: any Transaction) throws(WireError) -> [UInt8]? {
    try transaction.first(
      "SELECT bytes, crc FROM content_chunks WHERE content_id = ? AND ordinal = ?", [.integer(id), .integer(ordinal)]
    ) { (row) throws(WireError) in
      let bytes = row.blob(0)
      guard isSound(bytes, row) else {
        throw WireError(.corrupt, "the stored bytes of an artifact are damaged", hint: "'kaictl server check' names it.")
      }
      return bytes
    }
  }

  /// Chunks from before there were checksums have none.
  private static func isSound(_ bytes: [UInt8], _ row: any Row) -> Bool {
    row.isNull(1) || bytes.withUnsafeBytes(Checksum.crc32) == row.uint32(1)
  }

  /// Looks at the next chunks behind a number.
  /// - Returns: the last number, nil when there was none; what is damaged, by the artifact that it belongs to.
  static func scrub(
    after seq: Int64, limit: Int, in transaction: any Transaction
  ) throws(WireError) -> (last: Int64?, damaged: [DamageRepository.Place]) {
    let found = try transaction.query(
      "SELECT bytes, crc, seq, content_id FROM content_chunks WHERE seq > ? ORDER BY seq LIMIT ?",
      [.integer(seq), .integer(Int64(limit))]
    ) { (row) in (seq: row.int64(2), contentId: row.int64(3), isSound: isSound(row.blob(0), row)) }
    var damaged: [DamageRepository.Place] = []
    for chunk in found where !chunk.isSound {
      damaged += try transaction.query(
        "SELECT session_id, path FROM artifacts WHERE content_id = ?", [.integer(chunk.contentId)]
      ) { (row) in DamageRepository.Place(sessionId: row.text(0), path: row.text(1)) }
    }
    return (found.last?.seq, damaged)
  }

  static func set(_ id: Int64, _ state: State, in transaction: any Transaction) throws(WireError) {
    try transaction.execute("UPDATE contents SET state = ? WHERE id = ?", [.integer(state.rawValue), .integer(id)])
  }

  /// Gives up one upload; a content that became an artifact stays.
  static func discardUpload(_ id: Int64, in transaction: any Transaction) throws(WireError) {
    try transaction.execute(
      "UPDATE contents SET state = ? WHERE id = ? AND state = ?",
      [.integer(State.discarded.rawValue), .integer(id), .integer(State.uploading.rawValue)])
  }

  /// Gives up every upload: at the start of the service none can be under way.
  static func discardUploads(in transaction: any Transaction) throws(WireError) {
    try transaction.execute(
      "UPDATE contents SET state = ? WHERE state = ?",
      [.integer(State.discarded.rawValue), .integer(State.uploading.rawValue)])
  }

  /// Removes up to `limit` chunks of discarded contents, and those that are empty then.
  /// - Returns: how many chunks and contents went; 0 means that nothing is left to do.
  static func sweep(limit: Int, in transaction: any Transaction) throws(WireError) -> Int {
    let found = try transaction.first(
      "SELECT id FROM contents WHERE state = 2 ORDER BY id LIMIT 1", []
    ) { (row) in row.int64(0) }
    guard let id = found else { return 0 }
    let removed = try transaction.execute(
      "DELETE FROM content_chunks WHERE seq IN (SELECT seq FROM content_chunks WHERE content_id = ? LIMIT ?)",
      [.integer(id), .integer(Int64(limit))])
    if removed == limit { return removed }
    return removed + (try transaction.execute("DELETE FROM contents WHERE id = ?", [.integer(id)]))
  }
}
