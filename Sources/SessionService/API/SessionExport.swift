import Crypto
import NIOCore
import Wire

/// `session.export`: a session as one file: its steps, events, artifacts, memories, blocks and tasks, as they are at one moment. It is read
/// in portions, as credit allows; when the session goes on meanwhile, the export ends with `conflict`.
struct SessionExport: Sendable {
  let store: any Store
  let identity: ServerIdentity

  func register(on router: inout Router) {
    router.live(.sessionExport) { (request, context) throws(WireError) in
      let wanted = try SessionExportRequest(decoding: request.message)
      PacedStream(request, context, store: store, from: Position.opening(wanted.id)) {
        (transaction, position, budget) throws(WireError) in
        if case .opening = position { try context.access?.require(request, in: transaction) }
        return try read(from: position, budget: budget, in: transaction)
      }
    }
  }

  /// Where an export stands.
  enum Position: Sendable {
    case opening(String)
    case running(Progress)
  }

  struct Progress: Sendable {
    fileprivate var next: Section
    fileprivate let origin: Origin
    fileprivate var hash = SHA256()
    fileprivate var counts = SessionArchiveEnd()
  }

  /// What must not have changed when the last record is written.
  fileprivate struct Origin: Sendable {
    let session: Session
    let chain: Chain
    let lastEvent: UInt64
  }

  fileprivate enum Section: Sendable {
    case checkpoints(from: UInt64)
    case events(from: UInt64)
    case artifacts(after: Int64)
    case pieces(of: Piecemeal)
    case memories(after: Int64)
    case versions(of: Memory, seq: Int64, after: UInt64)
    case blocks
    case tasks(after: Int64)
    case end
  }

  fileprivate struct Piecemeal: Sendable {
    let artifact: Artifact
    let seq: Int64
    let contentId: Int64
    var ordinal: Int64 = 0
    var bytesLeft: UInt64
  }

  private typealias Stream = PacedStream<Position>

  private func read(
    from position: Position, budget: PacedStream<Position>.Budget, in transaction: any Transaction
  ) throws(WireError) -> PacedStream<Position>.Portion {
    var portion = Stream.Portion()
    var progress: Progress
    switch position {
    case .opening(let id): progress = try open(id, &portion, in: transaction)
    case .running(let running): progress = running
    }
    while !budget.isSpent(by: portion) {
      if case .end = progress.next {
        try end(progress, &portion, in: transaction)
        return portion
      }
      try step(&progress, &portion, in: transaction)
    }
    portion.next = .running(progress)
    return portion
  }

  private func open(
    _ id: String, _ portion: inout PacedStream<Position>.Portion, in transaction: any Transaction
  ) throws(WireError) -> Progress {
    let session = try SessionRepository.get(id, in: transaction)
    let head = try SessionRepository.head(id, in: transaction)
    let chain = try SegmentRepository.chain(segmentId: head.segmentId, head: head.step, in: transaction)
    let origin = Origin(session: session, chain: chain, lastEvent: try EventRepository.last(of: id, in: transaction))
    var progress = Progress(next: .checkpoints(from: chain.first), origin: origin)
    let manifest = SessionManifest.with { manifest in
      (manifest.format, manifest.serverId, manifest.version) = (SessionArchive.format, identity.serverId, identity.version)
      (manifest.createdAt, manifest.session, manifest.firstStep) = (transaction.now, session, chain.first)
    }
    let record = SessionArchive.record(.manifest, manifest)
    progress.hash.update(record)
    var begin = ByteBuffer(bytes: SessionArchive.file.magic)
    begin.writeImmutableBuffer(record)
    var item = SessionExportItem()
    item.expectedBytes =
      try CheckpointRepository.bytes(in: chain, transaction)
      + (try ArtifactRepository.bytes(ofSession: id, in: transaction))
    portion.add(Stream.Item(item, attachment: begin))
    return progress
  }

  /// Adds the next record, or goes on to the next section.
  private func step(
    _ progress: inout Progress, _ portion: inout PacedStream<Position>.Portion, in transaction: any Transaction
  ) throws(WireError) {
    let id = progress.origin.session.id
    func add(_ record: ByteBuffer) {
      progress.hash.update(record)
      portion.add(Stream.Item(SessionExportItem(), attachment: record))
    }
    switch progress.next {
    case .checkpoints(let step):
      guard step <= progress.origin.chain.head else { return progress.next = .events(from: 1) }
      let stored = try CheckpointRepository.load(
        step: step, withSnapshot: true, of: id, in: progress.origin.chain, transaction)
      guard let stored else { throw Self.changed(id) }
      add(SessionArchive.record(.checkpoint, stored.checkpoint, stored.body, stored.snapshot))
      progress.counts.checkpoints += 1
      progress.next = .checkpoints(from: step + 1)
    case .events(let seq):
      let events = try EventRepository.list(of: id, from: seq, limit: 64, in: transaction)
      guard let last = events.last else { return progress.next = .artifacts(after: 0) }
      for event in events { add(SessionArchive.record(.event, event)) }
      progress.counts.events += UInt64(events.count)
      progress.next = .events(from: last.seq + 1)
    case .artifacts(let seq):
      guard let found = try ArtifactRepository.next(ofSession: id, after: seq, in: transaction) else {
        return progress.next = .memories(after: 0)
      }
      add(SessionArchive.record(.artifact, found.artifact))
      progress.counts.artifacts += 1
      progress.counts.artifactBytes += found.artifact.size
      progress.next = .pieces(
        of: Piecemeal(artifact: found.artifact, seq: found.seq, contentId: found.contentId, bytesLeft: found.artifact.size))
    case .pieces(var whole):
      guard whole.bytesLeft > 0 else { return progress.next = .artifacts(after: whole.seq) }
      let piece = try ContentRepository.chunk(whole.ordinal, of: whole.contentId, in: transaction)
      guard let piece, !piece.isEmpty, UInt64(piece.count) <= whole.bytesLeft else { throw Self.changed(id) }
      add(SessionArchive.record(.piece, Empty(), piece))
      whole.bytesLeft -= UInt64(piece.count)
      whole.ordinal += 1
      progress.next = .pieces(of: whole)
    case .memories(let seq):
      guard let found = try MemoryRepository.next(ofScope: id, after: seq, in: transaction) else {
        return progress.next = .blocks
      }
      progress.next = .versions(of: found.memory, seq: found.seq, after: 0)
    case .versions(let memory, let seq, let number):
      guard let version = try MemoryRepository.version(.after(number), seq: seq, of: memory, in: transaction) else {
        return progress.next = .memories(after: seq)
      }
      add(SessionArchive.record(.memory, version))
      progress.counts.memories += 1
      progress.next = .versions(of: memory, seq: seq, after: version.version)
    case .blocks:
      for block in try BlockRepository.list(progress.origin.session.dbConnectionId, id, in: transaction) {
        add(SessionArchive.record(.block, block))
        progress.counts.blocks += 1
      }
      progress.next = .tasks(after: 0)
    case .tasks(let number):
      guard let task = try TaskRepository.next(ofSession: id, after: number, in: transaction) else {
        return progress.next = .end
      }
      add(SessionArchive.record(.task, task.record))
      progress.counts.tasks += 1
      progress.next = .tasks(after: task.number)
    case .end: break
    }
  }

  private func end(
    _ progress: Progress, _ portion: inout PacedStream<Position>.Portion, in transaction: any Transaction
  ) throws(WireError) {
    let origin = progress.origin
    let session = try SessionRepository.get(origin.session.id, in: transaction)
    guard session == origin.session, try EventRepository.last(of: session.id, in: transaction) == origin.lastEvent else {
      throw Self.changed(session.id)
    }
    var end = progress.counts
    end.sha256 = Array(progress.hash.finalize())
    portion.add(
      Stream.Item(SessionExportItem.with { $0.end = end }, attachment: SessionArchive.record(.end, end)))
  }

  private static func changed(_ id: String) -> WireError {
    WireError(
      .conflict, "session '\(id)' went on while it was exported",
      hint: "Pause it ('kaictl session pause'), or wait for its task; then export it again.")
  }
}

extension SHA256 {
  mutating func update(_ bytes: ByteBuffer) { bytes.withUnsafeReadableBytes { update(bufferPointer: $0) } }
}
