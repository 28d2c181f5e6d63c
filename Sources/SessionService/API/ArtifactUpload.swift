import Crypto
import NIOCore
import Synchronization
import Wire

/// One `artifact.put` under way: each chunk is durable before the peer may send another in its place; the last step makes
/// them the artifact, in one unit, and checks size and SHA-256. Until then nobody sees them.
final class ArtifactUpload: LiveStream {
  private struct State: LiveStreamState {
    /// Nil until the store has numbered the upload and the chunks that came before are on their way; until then they wait.
    var contentId: Int64?
    var waiting: [(ordinal: Int64, bytes: [UInt8])] = []
    var nextOrdinal: Int64 = 0
    var received: UInt64 = 0
    var hasher = SHA256()
    var isEnded = false
    var isFinishing = false
    var isDone = false
  }

  /// What opening the upload came to.
  private enum Opening: Sendable {
    case replay(ByteBuffer)
    case content(Int64)
  }

  private let wanted: ArtifactPutRequest
  private let request: InboundRequest
  private let context: CallContext
  private let store: any Store
  private let fence: any FenceChecking
  private let state = Mutex(State())

  /// - Throws: `invalid_argument`, `path_refused` or `limit_exceeded` for what can be seen without the store.
  static func start(
    _ wanted: ArtifactPutRequest, for request: InboundRequest, _ context: CallContext, store: any Store,
    fence: any FenceChecking
  ) throws(WireError) {
    try Identifier.session.require(wanted.sessionId)
    _ = try ArtifactPath.require(wanted.path)
    guard wanted.size <= Limits.artifactBytes else {
      throw WireError(
        .limitExceeded, "the artifact has \(wanted.size) bytes, but may have at most \(Limits.artifactBytes)")
    }
    guard wanted.sha256.count == 32 else { throw WireError(.invalidArgument, "sha256 must have 32 bytes") }
    let upload = ArtifactUpload(wanted, request, context, store, fence)
    context.streams.open(request.streamID, upload)
    upload.open()
  }

  private init(
    _ wanted: ArtifactPutRequest, _ request: InboundRequest, _ context: CallContext, _ store: any Store,
    _ fence: any FenceChecking
  ) {
    self.wanted = wanted
    self.request = request
    self.context = context
    self.store = store
    self.fence = fence
  }

  // MARK: Events

  func upload(_ chunk: ByteBuffer, end: Bool) {
    let bytes = [UInt8](buffer: chunk)
    let verdict: Result<(Int64, Int64)?, WireError> = state.withLock { state in
      guard !state.isDone, !state.isEnded else { return .success(nil) }
      guard bytes.count <= Limits.chunkBytes else {
        return .failure(WireError(.limitExceeded, "a chunk may have at most \(Limits.chunkBytes) bytes"))
      }
      state.received += UInt64(bytes.count)
      state.isEnded = end
      guard state.received <= wanted.size else {
        return .failure(WireError(.invalidArgument, "more bytes came than the \(wanted.size) that were announced"))
      }
      guard !bytes.isEmpty else { return .success(nil) }
      state.hasher.update(data: bytes)
      let ordinal = state.nextOrdinal
      state.nextOrdinal += 1
      guard let contentId = state.contentId else {
        state.waiting.append((ordinal, bytes))
        return .success(nil)
      }
      return .success((contentId, ordinal))
    }
    switch verdict {
    case .failure(let error): fail(error)
    case .success(let place):
      if let (contentId, ordinal) = place { keep(bytes, ordinal, contentId) }
      finishIfEnded()
    }
  }

  func cancel() {
    fail(WireError(.cancelled, "\(request.method.name) was cancelled"))
  }

  func disconnected() {
    fail(WireError(.connectionLost, "the connection broke during the upload"))
  }

  // MARK: Steps

  private func open() {
    store.write { [self] (transaction) throws(WireError) in
      if let reply = try Idempotency.stored(request, in: transaction) { return Opening.replay(reply) }
      try context.access?.require(request, in: transaction)
      try requireRight(in: transaction)
      return .content(try ContentRepository.make(in: transaction))
    } completion: { [self] result in
      switch result {
      case .failure(let error): fail(error)
      case .success(.replay(let reply)):
        finish(Outbound(streamID: request.streamID, kind: .response(replayed: true), message: reply))
      case .success(.content(let id)): opened(id)
      }
    }
  }

  private func opened(_ contentId: Int64) {
    while true {
      let (waiting, isDone) = state.withLock { state in
        defer { state.waiting = [] }
        if state.waiting.isEmpty, !state.isDone { state.contentId = contentId }
        return (state.waiting, state.isDone)
      }
      if isDone { return discard(contentId) }
      if waiting.isEmpty { return finishIfEnded() }
      for chunk in waiting { keep(chunk.bytes, chunk.ordinal, contentId) }
    }
  }

  private func keep(_ bytes: [UInt8], _ ordinal: Int64, _ contentId: Int64) {
    store.write { (transaction) throws(WireError) in
      try ContentRepository.append(bytes, ordinal: ordinal, to: contentId, in: transaction)
    } completion: { [self] result in
      switch result {
      case .failure(let error): fail(error)
      case .success: context.connection.grantUpload(streamID: request.streamID, bytes: UInt32(bytes.count))
      }
    }
  }

  /// The writer keeps the order, so every chunk's unit has run before this one does.
  private func finishIfEnded() {
    let end: (contentId: Int64, digest: [UInt8])? = state.withLock { state in
      guard state.isEnded, !state.isFinishing, !state.isDone, let contentId = state.contentId else { return nil }
      state.isFinishing = true
      return (contentId, [UInt8](state.hasher.finalize()))
    }
    guard let (contentId, digest) = end else { return }
    store.write { [self] (transaction) throws(WireError) in
      try adopt(contentId, digest, in: transaction)
    } completion: { [self] result in
      switch result {
      case .failure(let error): fail(error)
      case .success(let answer):
        finish(Outbound(streamID: request.streamID, kind: .response(replayed: answer.isReplay), message: answer.message))
        if answer.isReplay { discard(contentId) }
      }
    }
  }

  private func adopt(
    _ contentId: Int64, _ digest: [UInt8], in transaction: any Transaction
  ) throws(WireError) -> Idempotency.Answer {
    try Idempotency.run(request, in: transaction) { () throws(WireError) in
      try requireRight(in: transaction)
      let size = try ContentRepository.size(of: contentId, in: transaction)
      guard size == wanted.size else {
        throw WireError(.invalidArgument, "\(size) bytes came, but \(wanted.size) were announced")
      }
      guard digest == wanted.sha256 else {
        throw WireError(.invalidArgument, "the SHA-256 of the bytes that came is another than announced")
      }
      let old = try ArtifactRepository.find(sessionId: wanted.sessionId, path: wanted.path, in: transaction)
      if let old { try ContentRepository.set(old.contentId, .discarded, in: transaction) }
      let artifact = artifact(replacing: old?.artifact, in: transaction)
      try ArtifactRepository.put(artifact, contentId: contentId, in: transaction)
      try ContentRepository.set(contentId, .live, in: transaction)
      return ByteBuffer(bytes: artifact.encoded())
    }
  }

  private func artifact(replacing old: Artifact?, in transaction: any Transaction) -> Artifact {
    Artifact.with { artifact in
      artifact.id = old?.id ?? transaction.makeId(Identifier.artifact.prefix)
      artifact.sessionId = wanted.sessionId
      artifact.path = wanted.path
      artifact.mediaType = wanted.mediaType.isEmpty ? "application/octet-stream" : wanted.mediaType
      artifact.size = wanted.size
      artifact.sha256 = wanted.sha256
      artifact.taskId = wanted.fence?.taskId ?? ""
      artifact.createdAt = old?.createdAt ?? transaction.now
      artifact.updatedAt = transaction.now
      artifact.version = (old?.version ?? 0) + 1
    }
  }

  /// The session exists, and an agent holds the lease that it claims.
  private func requireRight(in transaction: any Transaction) throws(WireError) {
    _ = try SessionRepository.head(wanted.sessionId, in: transaction)
    guard let claim = wanted.fence else {
      guard request.principal.role == .agent else { return }
      throw WireError(.invalidArgument, "an agent must name its fence")
    }
    guard claim.sessionId == wanted.sessionId else {
      throw WireError(.invalidArgument, "the fence is for session \(quoted(claim.sessionId)), not '\(wanted.sessionId)'")
    }
    try fence.check(claim, principal: request.principal, in: transaction)
  }

  // MARK: The end

  private func fail(_ error: WireError) {
    guard finish(.error(request.streamID, error)) else { return }
    if let contentId = state.withLock({ $0.contentId }) { discard(contentId) }
  }

  @discardableResult
  private func finish(_ terminal: Outbound) -> Bool { context.finish(state, with: terminal) }

  /// Leaves the bytes to the sweeper, unless they became the artifact in the meantime. Should this fail, the next start of
  /// the service finds them.
  private func discard(_ contentId: Int64) {
    store.writeInBackground { (transaction) throws(WireError) in
      try ContentRepository.discardUpload(contentId, in: transaction)
    }
  }
}
