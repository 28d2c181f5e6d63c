import Crypto
import NIOCore
import Wire

/// What comes of a session's file, record by record, each in a unit of the writer. Until the last one nobody sees the session: a tombstone
/// stands in its place, so that whatever cuts the import off, its rows go the way of a deleted session's.
struct SessionImport {
  let request: InboundRequest
  private let wanted: SessionImportRequest
  private var hash = SHA256()
  private var counts = SessionArchiveEnd()
  private var begun: Begun?
  private var upload: Upload?
  private var nextStep: UInt64 = 0
  private var nextEvent: UInt64 = 0
  private var lastMemory: (old: Memory, id: String)?
  private(set) var isWhole = false

  /// The session that will be.
  private struct Begun {
    var session: Session
    let segmentId: Int64
    let oldId: String
  }

  /// The artifact whose pieces are coming.
  private struct Upload {
    let artifact: Artifact
    let contentId: Int64
    var ordinal: Int64 = 0
    var received: UInt64 = 0
    var hash = SHA256()
  }

  init(_ request: InboundRequest, _ wanted: SessionImportRequest) { (self.request, self.wanted) = (request, wanted) }

  /// The id of what was begun, and of bytes that became no artifact yet.
  var leftovers: (sessionId: String?, contentId: Int64?) { (begun?.session.id, upload?.contentId) }

  /// - Returns: the session, once it is whole.
  /// - Throws: `corrupt`, `already_exists`, `not_found`, or what the rules say of a field.
  mutating func take(_ record: RecordFile.Record, in transaction: any Transaction) throws(WireError) -> Session? {
    guard !isWhole else { throw SessionArchive.file.damaged("it goes on behind its end") }
    guard let kind = SessionRecordKind(rawValue: UInt32(record.kind)), kind != .unspecified else {
      throw SessionArchive.file.damaged("it has a record of an unknown kind")
    }
    if kind == .end { return try finish(try SessionArchive.open(record.payload).message, in: transaction) }
    hash.update(record.bytes)
    guard kind != .manifest else {
      try begin(try SessionArchive.open(record.payload).message, in: transaction)
      return nil
    }
    guard let begun else { throw SessionArchive.file.damaged("it does not begin with its manifest") }
    try requireTombstone(begun, in: transaction)
    if upload != nil, kind != .piece { throw SessionArchive.file.damaged("an artifact is not whole") }
    switch kind {
    case .checkpoint:
      let (checkpoint, bytes) = try SessionArchive.open(record.payload, as: Checkpoint.self)
      try take(checkpoint, bytes, begun, in: transaction)
    case .event: try take(try SessionArchive.open(record.payload, as: Event.self).message, begun, in: transaction)
    case .artifact: try take(try SessionArchive.open(record.payload, as: Artifact.self).message, begun, in: transaction)
    case .piece: try take(try SessionArchive.open(record.payload, as: Empty.self).bytes, in: transaction)
    case .memory: try take(try SessionArchive.open(record.payload, as: Memory.self).message, begun, in: transaction)
    case .block: try take(try SessionArchive.open(record.payload, as: MemoryBlock.self).message, begun, in: transaction)
    case .task: try take(try SessionArchive.open(record.payload, as: TaskRecord.self).message, begun, in: transaction)
    case .manifest, .end, .unspecified: break
    }
    return nil
  }

  /// Says whether a node could read the step in a record, if there is one in it; sizes and checksums are for ``take(_:in:)``.
  /// - Throws: `corrupt`
  static func check(_ record: RecordFile.Record) throws(WireError) {
    guard record.kind == UInt8(SessionRecordKind.checkpoint.rawValue) else { return }
    let (checkpoint, bytes) = try SessionArchive.open(record.payload, as: Checkpoint.self)
    var rest = bytes
    guard let body = rest.readSlice(length: Int(checkpoint.bodyBytes)) else { return }
    do throws(WireError) {
      try CheckpointArchive.check(body, as: .step)
      if rest.readableBytes > 0 { try CheckpointArchive.check(rest, as: .snapshot) }
    } catch { throw SessionArchive.file.damaged("step \(checkpoint.step): \(error.message)") }
  }

  private mutating func begin(_ manifest: SessionManifest, in transaction: any Transaction) throws(WireError) {
    guard begun == nil else { throw SessionArchive.file.damaged("it has two manifests") }
    guard manifest.format == SessionArchive.format else {
      throw WireError(
        .failedPrecondition, "the file has form \(manifest.format), which this kai-session does not read",
        hint: "Import it into a newer one.")
    }
    guard var session = manifest.session, manifest.firstStep >= 1, manifest.firstStep <= max(1, session.headStep) else {
      throw SessionArchive.file.damaged("its manifest names no session")
    }
    try Self.require([session.headStep, session.epoch, session.version, session.forkedFrom?.step ?? 0])
    session.createdAt = Self.past(session.createdAt, transaction.now)
    _ = try ConnectionRepository.get(wanted.dbConnectionId, in: transaction)
    let oldId = session.id
    try Identifier.session.require(oldId)
    if wanted.asNew {
      session.id = transaction.makeId(Identifier.session.prefix)
      (session.createdAt, session.version, session.epoch) = (transaction.now, 1, 0)
    }
    guard try SessionRepository.find(session.id, in: transaction) == nil,
      try SessionDeletionRepository.find(session.id, in: transaction) == nil
    else {
      throw WireError(
        .alreadyExists, "there is a session '\(session.id)' already, or one is being imported or removed",
        hint: "Import it as a new one (--as-new).")
    }
    session.dbConnectionId = wanted.dbConnectionId
    session.recursionLimit = try SessionRules.recursionLimit(session.recursionLimit)
    session.title = try SessionRules.title(session.title)
    session.metadata = try SessionRules.metadata(session.metadata)
    session.policy = try SessionRules.policy(nil, changedBy: session.policy)
    // What its node held stays where it was.
    if session.status == .running || session.status == .unspecified { session.status = .active }
    session.updatedAt = transaction.now
    let segment = try SegmentRepository.make(parent: nil, baseStep: 0, in: transaction)
    try SegmentRepository.disown(segment, in: transaction)
    if manifest.firstStep > 1 { try RetentionRepository.cut(segment, before: manifest.firstStep, in: transaction) }
    try SessionDeletionRepository.insert(
      SessionDeletionRepository.Tombstone(
        removed: SessionDeleted.with { $0.id = session.id }, segmentId: segment, principal: request.principal.keyId,
        idempotencyKey: request.head.idempotencyKey, requestHash: Idempotency.hash(request)),
      in: transaction)
    begun = Begun(session: session, segmentId: segment, oldId: oldId)
    nextStep = manifest.firstStep
  }

  /// Numbers that something will be added to: a file may say anything.
  private static func require(_ numbers: [UInt64]) throws(WireError) {
    guard numbers.allSatisfy({ $0 < 1 << 53 }) else { throw SessionArchive.file.damaged("a number in it is too large") }
  }

  /// A time that ages can be told from.
  private static func past(_ time: Timestamp, _ now: Timestamp) -> Timestamp { min(max(time, Timestamp()), now) }

  /// Somebody may have removed it with `session.delete`.
  private func requireTombstone(_ begun: Begun, in transaction: any Transaction) throws(WireError) {
    guard try SessionDeletionRepository.find(begun.session.id, in: transaction)?.segmentId == begun.segmentId else {
      throw WireError(.conflict, "session '\(begun.session.id)' was deleted while it was imported", hint: "Import it again.")
    }
  }

  private mutating func take(
    _ checkpoint: Checkpoint, _ bytes: ByteBuffer, _ begun: Begun, in transaction: any Transaction
  ) throws(WireError) {
    var (checkpoint, snapshot) = (checkpoint, bytes)
    guard checkpoint.step == nextStep, checkpoint.step <= begun.session.headStep else {
      throw SessionArchive.file.damaged("step \(nextStep) is missing")
    }
    guard let body = snapshot.readSlice(length: Int(checkpoint.bodyBytes)),
      snapshot.readableBytes == Int(checkpoint.snapshotBytes),
      body.withUnsafeReadableBytes({ Checksum.crc32($0) }) == checkpoint.bodyCrc,
      snapshot.readableBytes == 0 || snapshot.withUnsafeReadableBytes({ Checksum.crc32($0) }) == checkpoint.snapshotCrc
    else { throw SessionArchive.file.damaged("step \(checkpoint.step) does not match its checksum") }
    try Self.require([checkpoint.epoch])
    checkpoint.sessionId = begun.session.id
    checkpoint.createdAt = Self.past(checkpoint.createdAt, transaction.now)
    try CheckpointRepository.append(
      checkpoint, body: [UInt8](buffer: body), snapshot: [UInt8](buffer: snapshot), segmentId: begun.segmentId, in: transaction)
    counts.checkpoints += 1
    nextStep += 1
  }

  private mutating func take(_ event: Event, _ begun: Begun, in transaction: any Transaction) throws(WireError) {
    guard event.seq > nextEvent else { throw SessionArchive.file.damaged("its events are out of order") }
    try Self.require([event.seq])
    nextEvent = event.seq
    counts.events += 1
    var event = event
    event.at = Self.past(event.at, transaction.now)
    if !wanted.asNew { try EventRepository.restore(event, of: begun.session.id, in: transaction) }
  }

  private mutating func take(_ artifact: Artifact, _ begun: Begun, in transaction: any Transaction) throws(WireError) {
    var artifact = artifact
    _ = try ArtifactPath.require(artifact.path)
    guard artifact.size <= Limits.artifactBytes, artifact.sha256.count == 32 else {
      throw SessionArchive.file.damaged("artifact \(quoted(artifact.path)) is too large or has no SHA-256")
    }
    artifact.sessionId = begun.session.id
    if wanted.asNew { artifact.id = transaction.makeId(Identifier.artifact.prefix) }
    try Identifier.artifact.require(artifact.id)
    try Self.require([artifact.version])
    artifact.createdAt = Self.past(artifact.createdAt, transaction.now)
    artifact.updatedAt = Self.past(artifact.updatedAt, transaction.now)
    counts.artifacts += 1
    counts.artifactBytes += artifact.size
    upload = Upload(artifact: artifact, contentId: try ContentRepository.make(in: transaction))
    try keepArtifactIfWhole(in: transaction)
  }

  private mutating func take(_ piece: ByteBuffer, in transaction: any Transaction) throws(WireError) {
    guard var upload, piece.readableBytes > 0, piece.readableBytes <= Limits.chunkBytes,
      upload.received + UInt64(piece.readableBytes) <= upload.artifact.size
    else { throw SessionArchive.file.damaged("it has a piece of no artifact") }
    try ContentRepository.append([UInt8](buffer: piece), ordinal: upload.ordinal, to: upload.contentId, in: transaction)
    upload.hash.update(piece)
    upload.ordinal += 1
    upload.received += UInt64(piece.readableBytes)
    self.upload = upload
    try keepArtifactIfWhole(in: transaction)
  }

  private mutating func keepArtifactIfWhole(in transaction: any Transaction) throws(WireError) {
    guard let whole = upload, whole.received == whole.artifact.size else { return }
    guard Array(whole.hash.finalize()) == whole.artifact.sha256 else {
      throw SessionArchive.file.damaged("artifact \(quoted(whole.artifact.path)) does not match its SHA-256")
    }
    try ArtifactRepository.put(whole.artifact, contentId: whole.contentId, in: transaction)
    try ContentRepository.set(whole.contentId, .live, in: transaction)
    upload = nil
  }

  private mutating func take(_ given: Memory, _ begun: Begun, in transaction: any Transaction) throws(WireError) {
    var memory = given
    let isNextVersion = lastMemory.map { $0.old.id == given.id && $0.old.version < given.version } ?? false
    if let lastMemory, isNextVersion {
      memory.id = lastMemory.id
    } else {
      let isTaken = try MemoryRepository.find(id: given.id, in: transaction) != nil
      if isTaken || wanted.asNew { memory.id = transaction.makeId(Identifier.memory.prefix) }
    }
    try Identifier.memory.require(memory.id)
    (memory.dbConnectionId, memory.scope) = (begun.session.dbConnectionId, begun.session.id)
    if memory.sourceSessionId == begun.oldId { memory.sourceSessionId = begun.session.id }
    memory.namespace = try MemoryRules.namespace(given.namespace)
    memory.key = try MemoryRules.key(given.key)
    memory.value = try MemoryRules.value(given.value)
    memory.content = try MemoryRules.content(given.content)
    memory.neighbours = try MemoryRules.content(given.neighbours)
    memory.importance = try MemoryRules.importance(given.importance)
    memory.createdAt = Self.past(given.createdAt, transaction.now)
    memory.updatedAt = Self.past(given.updatedAt, transaction.now)
    memory.lastUsedAt = Self.past(given.lastUsedAt, transaction.now)
    try Self.require([given.useCount])
    guard memory.version > 0, memory.version <= MemoryRules.maxVersions else {
      throw SessionArchive.file.damaged("a memory has no version")
    }
    lastMemory = (given, memory.id)
    counts.memories += 1
    guard !MemoryRepository.isExpired(memory, at: transaction.now) else { return }
    _ = try MemoryRepository.put(memory, in: transaction)
  }

  private mutating func take(_ block: MemoryBlock, _ begun: Begun, in transaction: any Transaction) throws(WireError) {
    var block = block
    (block.dbConnectionId, block.scope) = (begun.session.dbConnectionId, begun.session.id)
    block.label = try KnowledgeRules.name(block.label)
    counts.blocks += 1
    try Self.require([block.version])
    guard counts.blocks <= UInt64(BlockMethods.most), block.limit <= BlockMethods.maxLimit, block.value.count <= Int(block.limit)
    else { throw SessionArchive.file.damaged("it has more blocks, or larger ones, than a session may have") }
    try BlockRepository.put(block, in: transaction)
  }

  private mutating func take(_ given: TaskRecord, _ begun: Begun, in transaction: any Transaction) throws(WireError) {
    var record = given
    try Identifier.task.require(record.id)
    counts.tasks += 1
    guard !wanted.asNew else { return }
    guard record.attempt < 1 << 20, record.maxAttempts < 1 << 20, (-100...100).contains(record.priority) else {
      throw SessionArchive.file.damaged("a task in it cannot be")
    }
    record.sessionId = begun.session.id
    // Names of another server's things mean nothing here.
    record.nodeId = ""
    record.retryOf = record.retryOf.filter(Identifier.task.matches)
    record.traceparent = TraceContext(parsing: record.traceparent)?.traceparent ?? ""
    record.createdAt = Self.past(record.createdAt, transaction.now)
    record.startedAt = Self.past(record.startedAt, transaction.now)
    record.finishedAt = Self.past(record.finishedAt, transaction.now)
    record.notBefore = Self.past(record.notBefore, transaction.now)
    record.metadata = try SessionRules.metadata(record.metadata)
    if !record.status.isTerminal {
      record.status = .cancelled
      record.finishedAt = transaction.now
      record.reason = "it had not ended when its session was exported"
      record.result = .cancelled(record.reason)
    }
    let task = try TaskRepository.insert(record, connectionId: begun.session.dbConnectionId, keyId: "", in: transaction)
    try TaskRepository.save(task, in: transaction)
  }

  private mutating func finish(_ end: SessionArchiveEnd, in transaction: any Transaction) throws(WireError) -> Session {
    guard var begun else { throw SessionArchive.file.damaged("it does not begin with its manifest") }
    try requireTombstone(begun, in: transaction)
    counts.sha256 = Array(hash.finalize())
    guard counts == end, upload == nil, nextStep == begun.session.headStep + 1 else {
      throw SessionArchive.file.damaged("what is in it is not what was written")
    }
    if !wanted.asNew {
      // Whoever holds a lease of the session as it was there holds none here.
      begun.session.epoch += 1
      begun.session.version += 1
    }
    try SegmentRepository.own(begun.segmentId, in: transaction)
    try SessionRepository.insert(begun.session, segmentId: begun.segmentId, in: transaction)
    try SessionDeletionRepository.delete(begun.session.id, in: transaction)
    isWhole = true
    return begun.session
  }
}
