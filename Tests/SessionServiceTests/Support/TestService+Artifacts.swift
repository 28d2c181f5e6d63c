import Crypto
import NIOCore
import Wire

@testable import SessionService

extension TestService {
  /// Uploads a file, in the chunks given or in one.
  @discardableResult
  func putArtifact(
    _ sessionId: String, _ path: String, _ content: [UInt8], by client: WireClient? = nil,
    idempotencyKey: [UInt8]? = nil, _ change: (inout ArtifactPutRequest) -> Void = { _ in }
  ) async throws -> Reply<Artifact> {
    var request = ArtifactPutRequest()
    request.sessionId = sessionId
    request.path = path
    request.size = UInt64(content.count)
    request.sha256 = [UInt8](SHA256.hash(data: content))
    change(&request)
    let chunks = AsyncStream { continuation in
      continuation.yield(ByteBuffer(bytes: content))
      continuation.finish()
    }
    return try await (client ?? admin).upload(
      Methods.artifactPut, request, chunks: chunks, idempotencyKey: idempotencyKey)
  }

  /// Downloads a file.
  func getArtifact(_ sessionId: String, _ path: String) async throws -> (artifact: Artifact, content: [UInt8]) {
    var request = ArtifactRef()
    request.sessionId = sessionId
    request.path = path
    var artifact: Artifact?
    var content: [UInt8] = []
    for try await item in try admin.stream(Methods.artifactGet, request) {
      if artifact == nil { artifact = item.message }
      content += item.attachment.readableBytesView
    }
    return (artifact ?? Artifact(), content)
  }
}
