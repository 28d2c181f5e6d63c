import Crypto
import NIOCore
import Synchronization
import Wire

/// Commits the steps of one execution over Wire, each on top of the one before.
final class WireCommitter: StepCommitter {
  /// Live events that wait while the link is slow; beyond this they are dropped.
  static let maxEmits = 4

  private let client: WireClient
  private let assignment: ExecutionAssignment
  private let head: Mutex<UInt64>
  private let emits = Atomic<Int>(0)
  private let sealingKeys: SealingKeys?
  /// Until when, on the boot clock, the lease surely lasts.
  private let leaseEnd: @Sendable () -> Int64

  init(
    client: WireClient, assignment: ExecutionAssignment, headStep: UInt64, sealingKeys: SealingKeys? = nil,
    leaseEnd: @escaping @Sendable () -> Int64
  ) {
    self.sealingKeys = sealingKeys
    self.client = client
    self.assignment = assignment
    head = Mutex(headStep)
    self.leaseEnd = leaseEnd
  }

  var headStep: UInt64 { head.withLock { $0 } }

  func commit(_ step: StepDraft) async throws(WireError) -> CommitResponse {
    let body = try CheckpointArchive.seal(.with { $0.entries = step.entries }, with: sealingKeys)
    var attachment = body.bytes
    var request = CommitRequest()
    request.fence = assignment.fence
    request.parentStep = headStep
    request.kind = step.kind
    // What is sealed is not told in a line beside it.
    request.summary = sealingKeys == nil ? step.summary.prefix(bytes: 1_024) : step.kind.label
    request.bodyBytes = UInt32(clamping: body.bytes.readableBytes)
    request.bodyCrc = body.crc
    request.events = step.events
    request.finish = step.finish
    request.release = step.release
    request.ask = step.ask
    request.lessons = Array(step.lessons.prefix(64))
    // A snapshot is a convenience: one that would not fit is left out.
    if let entries = step.snapshot,
      let snapshot = try? CheckpointArchive.seal(.with({ $0.entries = entries }), as: .snapshot, with: sealingKeys),
      attachment.readableBytes + snapshot.bytes.readableBytes <= Limits.defaultMessageBytes / 2
    {
      request.snapshotBytes = UInt32(clamping: snapshot.bytes.readableBytes)
      request.snapshotCrc = snapshot.crc
      attachment.writeImmutableBuffer(snapshot.bytes)
    }
    let response = try await commit(request, attachment)
    head.withLock { $0 = response.step }
    return response
  }

  /// Sends a commit and waits for its answer, whatever becomes of the task meanwhile: a commit whose call is given up may have been made, and
  /// what comes next would stand on the wrong step.
  private func commit(_ request: CommitRequest, _ attachment: ByteBuffer) async throws(WireError) -> CommitResponse {
    let call = Task { () -> Result<CommitResponse, WireError> in
      do throws(WireError) { return .success(try await self.call(Methods.checkpointCommit, request, attachment)) } catch {
        return .failure(error)
      }
    }
    return try await call.value.get()
  }

  func upload(_ path: String, from folder: ResultsFolder) async throws(WireError) {
    var content = try folder.read(path)
    if let sealingKeys { content = Array(try sealingKeys.seal(ByteBuffer(bytes: content), as: .artifact).readableBytesView) }
    let bytes = content
    let request = ArtifactPutRequest.with {
      $0.sessionId = assignment.session.id
      $0.path = path
      $0.mediaType = MediaType.of(path)
      $0.size = UInt64(bytes.count)
      $0.sha256 = [UInt8](SHA256.hash(data: bytes))
      $0.fence = assignment.fence
    }
    while true {
      // Made anew each time: an upload that broke has taken what was in it.
      let chunks = AsyncStream<ByteBuffer> { continuation in
        continuation.yield(ByteBuffer(bytes: bytes))
        continuation.finish()
      }
      do throws(WireError) {
        _ = try await client.upload(Methods.artifactPut, request, chunks: chunks, timeout: try remaining())
        return
      } catch  where error.retry == .reconnect || error.errorCode == .overloaded {
        // Many uploads at once wait for each other: what each may send is held before it comes.
        try? await Task.sleep(for: .milliseconds(max(100, Int(error.retryAfterMs))))
      }
    }
  }

  func emit(_ events: [Event]) {
    guard emits.wrappingAdd(1, ordering: .relaxed).newValue <= Self.maxEmits else {
      emits.wrappingSubtract(1, ordering: .relaxed)
      return
    }
    let request = NodeEmitRequest.with {
      $0.fence = assignment.fence
      $0.events = events
    }
    Task {
      // Live events are news, not facts: whoever misses them reads the durable ones.
      _ = try? await client.call(Methods.nodeEmit, request, timeout: .seconds(2))
      emits.wrappingSubtract(1, ordering: .relaxed)
    }
  }

  /// Retries inside the client until the lease would be over: a commit that comes later would be fenced anyway.
  private func call<Request: WireMessage, Response: WireMessage>(
    _ call: Call<Request, Response>, _ request: Request, _ attachment: ByteBuffer
  ) async throws(WireError) -> Response {
    do throws(WireError) {
      return try await client.call(call, request, attachment: attachment, timeout: try remaining()).message
    } catch  where error.errorCode == .deadlineExceeded {
      throw WireError(.leaseExpired, "kai-session did not answer before the lease was over")
    }
  }

  /// - Throws: `lease_expired` when nothing is left.
  private func remaining() throws(WireError) -> Duration {
    let left = leaseEnd() - BootClock.milliseconds()
    guard left > 0 else { throw WireError(.leaseExpired, "the lease is over") }
    return .milliseconds(left)
  }
}
