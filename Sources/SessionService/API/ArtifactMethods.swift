import NIOCore
import Wire

/// `artifact.*`: the files of a session.
struct ArtifactMethods: Sendable {
  let store: any Store
  let fence: any FenceChecking

  func register(on router: inout Router) {
    router.live(.artifactPut) { (request, context) throws(WireError) in
      let wanted = try ArtifactPutRequest(decoding: request.message)
      try ArtifactUpload.start(wanted, for: request, context, store: store, fence: fence)
    }
    router.live(.artifactGet) { (request, context) throws(WireError) in
      let ref = try ArtifactRef(decoding: request.message)
      PacedStream(request, context, store: store, from: DownloadPosition.opening(ref)) {
        (transaction, position, budget) throws(WireError) in
        if case .opening = position { try context.access?.require(request, in: transaction) }
        return try Self.download(from: position, budget: budget, in: transaction)
      }
    }
    router.read(Methods.artifactList) { (transaction, request, _) throws(WireError) in
      _ = try SessionRepository.head(request.sessionId, in: transaction)
      let page = try ArtifactRepository.list(
        sessionId: request.sessionId, page: try PageRequest(request.page, list: "artifact"), in: transaction)
      return ArtifactList.with { list in
        list.artifacts = page.items
        list.total = page.total
        list.nextCursor = page.nextCursor
      }
    }
    router.write(Methods.artifactDelete) { (transaction, request, _) throws(WireError) in
      _ = try SessionRepository.head(request.sessionId, in: transaction)
      let (artifact, contentId) = try ArtifactRepository.get(
        sessionId: request.sessionId, path: request.path, in: transaction)
      try ContentRepository.set(contentId, .discarded, in: transaction)
      try ArtifactRepository.delete(artifact.id, in: transaction)
      return Empty()
    }
  }

  /// Where a download stands.
  enum DownloadPosition: Sendable {
    case opening(ArtifactRef)
    case running(Artifact, contentId: Int64, ordinal: Int64, bytesLeft: UInt64)
  }

  /// The first item is the artifact with its first chunk; the others are chunks alone.
  private static func download(
    from position: DownloadPosition, budget: PacedStream<DownloadPosition>.Budget, in transaction: any Transaction
  ) throws(WireError) -> PacedStream<DownloadPosition>.Portion {
    switch position {
    case .opening(let ref):
      _ = try SessionRepository.head(ref.sessionId, in: transaction)
      let (artifact, contentId) = try ArtifactRepository.get(
        sessionId: ref.sessionId, path: ref.path, in: transaction)
      return try read(artifact, contentId, from: 0, bytesLeft: artifact.size, budget: budget, in: transaction)
    case .running(let artifact, let contentId, let ordinal, let bytesLeft):
      return try read(artifact, contentId, from: ordinal, bytesLeft: bytesLeft, budget: budget, in: transaction)
    }
  }

  private static func read(
    _ artifact: Artifact, _ contentId: Int64, from first: Int64, bytesLeft: UInt64,
    budget: PacedStream<DownloadPosition>.Budget, in transaction: any Transaction
  ) throws(WireError) -> PacedStream<DownloadPosition>.Portion {
    var portion = PacedStream<DownloadPosition>.Portion()
    if artifact.size == 0 {
      portion.add(PacedStream<DownloadPosition>.Item(artifact))
      return portion
    }
    var ordinal = first
    var bytesLeft = bytesLeft
    while bytesLeft > 0 {
      if budget.isSpent(by: portion) {
        portion.next = .running(artifact, contentId: contentId, ordinal: ordinal, bytesLeft: bytesLeft)
        return portion
      }
      guard let chunk = try ContentRepository.chunk(ordinal, of: contentId, in: transaction), !chunk.isEmpty,
        UInt64(chunk.count) <= bytesLeft
      else {
        throw WireError(
          .conflict, "artifact \(quoted(artifact.path)) was replaced or deleted while it was read", hint: "Read it again.")
      }
      portion.add(
        PacedStream<DownloadPosition>.Item(ordinal == 0 ? artifact : Artifact(), attachment: ByteBuffer(bytes: chunk)))
      bytesLeft -= UInt64(chunk.count)
      ordinal += 1
    }
    return portion
  }
}
