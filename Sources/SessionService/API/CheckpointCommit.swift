import NIOCore
import Wire
import Words

/// `checkpoint.commit`: one step of a session, with all that happened in it, in one transaction.
struct CheckpointCommit: Sendable {
  let queue: TaskQueue

  func register(on router: inout Router) {
    // A step is its own proof: the repeat of a commit finds its checkpoint, so that no reply needs to be kept.
    router.writeOwnState(Methods.checkpointCommit) { (transaction, request, context) throws(WireError) in
      try commit(request, context, in: transaction)
    }
  }

  private func commit(
    _ request: CommitRequest, _ context: CallContext, in transaction: any Transaction
  ) throws(WireError) -> (reply: CommitResponse, isReplay: Bool) {
    guard let fence = request.fence else { throw WireError(.invalidArgument, "the fence is missing") }
    guard (request.finish == nil ? 0 : 1) + (request.release ? 1 : 0) + (request.ask == nil ? 0 : 1) <= 1 else {
      throw WireError(.invalidArgument, "finish, release and ask exclude each other")
    }
    let (body, snapshot) = try Self.parts(of: context.attachment, request)
    let standing = try StandingRepository.get(sessionId: fence.sessionId, taskId: fence.taskId, in: transaction)
    let head = standing.head
    if let step = try repeated(request, fence, head, in: transaction) { return (response(step, standing), true) }
    let lease = try queue.require(standing.lease, fence, principal: context.principal)
    guard request.parentStep == head.step else {
      throw WireError(.conflict, "the parent step is \(request.parentStep), but the head is \(head.step)")
    }
    let step = head.step + 1
    let checkpoint = Checkpoint.with {
      $0.sessionId = fence.sessionId
      $0.step = step
      $0.parentStep = head.step
      $0.epoch = fence.epoch
      $0.taskId = fence.taskId
      $0.nodeId = fence.nodeId
      $0.createdAt = transaction.now
      $0.kind = request.kind
      $0.summary = request.summary
      $0.bodyBytes = request.bodyBytes
      $0.bodyCrc = request.bodyCrc
      $0.snapshotBytes = request.snapshotBytes
      $0.snapshotCrc = request.snapshotCrc
    }
    try CheckpointRepository.append(
      checkpoint, body: body, snapshot: snapshot, segmentId: head.segmentId, in: transaction)
    try SessionRepository.advanceHead(fence.sessionId, to: step, in: transaction)
    try queue.record(
      try Self.events(of: request, fence, step), of: fence.sessionId, after: standing.lastEvent, in: transaction)
    if let finish = request.finish {
      var task = try TaskRepository.get(fence.taskId, in: transaction)
      var result = try TaskRules.ending(
        finish, isCancelRequested: task.isCancelRequested, reason: task.record.reason)
      if result.status == .completed, !request.lessons.isEmpty {
        let session = try SessionRepository.get(fence.sessionId, in: transaction)
        result.degraded += try LessonKeeping(session: session).keep(request.lessons, in: transaction)
      }
      try queue.endTask(&task, result, of: lease, in: transaction)
    } else if let ask = request.ask {
      try queue.ask(ask, step: step, of: lease, in: transaction)
    } else if request.release {
      try queue.endLease(lease, .released, in: transaction)
    } else {
      transaction.afterCommit { [queue] in
        queue.decide { (dispatcher, now) in
          dispatcher.renew(sessionId: lease.sessionId, epoch: lease.epoch, now: now)
          return []
        }
      }
    }
    return (response(step, standing), false)
  }

  /// The step that an earlier arrival of this very commit made, or nil.
  private func repeated(
    _ request: CommitRequest, _ fence: Fence, _ head: SessionRepository.Head, in transaction: any Transaction
  ) throws(WireError) -> UInt64? {
    guard request.parentStep < head.step else { return nil }
    let step = request.parentStep + 1
    let chain = try SegmentRepository.chain(segmentId: head.segmentId, head: head.step, in: transaction)
    guard let made = try CheckpointRepository.find(step: step, of: fence.sessionId, in: chain, transaction),
      made.epoch == fence.epoch, made.taskId == fence.taskId, made.nodeId == fence.nodeId,
      made.bodyCrc == request.bodyCrc, made.bodyBytes == request.bodyBytes, made.kind == request.kind
    else { return nil }
    if let finish = request.finish { try requireSame(finish, as: fence.taskId, step, in: transaction) }
    return step
  }

  /// - Throws: `conflict` when the task ended with another result than the one that comes with the repeat: it would be dropped.
  private func requireSame(
    _ finish: TaskResult, as taskId: String, _ step: UInt64, in transaction: any Transaction
  ) throws(WireError) {
    let task = try TaskRepository.get(taskId, in: transaction)
    let ending = try TaskRules.ending(finish, isCancelRequested: task.isCancelRequested, reason: task.record.reason)
    guard let stored = task.record.result, stored.status == ending.status, stored.answer.hasSameBytes(as: ending.answer),
      stored.error?.code == ending.error?.code
    else {
      throw WireError(.conflict, "step \(step) was committed before, and its task ended with another result")
    }
  }

  private func response(_ step: UInt64, _ standing: Standing) -> CommitResponse {
    let isDraining = queue.view { $0.isDraining }
    return CommitResponse.with {
      $0.step = step
      $0.pause = !TaskRules.isOpen(standing.head.status) || isDraining
      $0.cancel = standing.isCancelRequested
    }
  }

  /// Body and snapshot, as they came, checked against their sizes and checksums.
  private static func parts(
    of attachment: ByteBuffer, _ request: CommitRequest
  ) throws(WireError) -> (body: [UInt8], snapshot: [UInt8]) {
    var rest = attachment
    let sizes = (body: Int(request.bodyBytes), snapshot: Int(request.snapshotBytes))
    guard sizes.body <= Limits.checkpointBytes, sizes.snapshot <= Limits.checkpointBytes else {
      throw WireError(.limitExceeded, "a checkpoint's body or snapshot is larger than \(Limits.checkpointBytes) bytes")
    }
    guard sizes.body > 0, rest.readableBytes == sizes.body + sizes.snapshot,
      let body = rest.readSlice(length: sizes.body)
    else {
      throw WireError(
        .invalidArgument,
        "the attachment has \(attachment.readableBytes) bytes, not body_bytes \(sizes.body) and snapshot_bytes \(sizes.snapshot)")
    }
    guard body.withUnsafeReadableBytes(Checksum.crc32) == request.bodyCrc,
      sizes.snapshot == 0 || rest.withUnsafeReadableBytes(Checksum.crc32) == request.snapshotCrc
    else {
      throw WireError(.badChecksum, "the checkpoint's bytes do not match body_crc or snapshot_crc")
    }
    guard CheckpointArchive.beginsAsBody(body), sizes.snapshot == 0 || CheckpointArchive.beginsAsBody(rest) else {
      throw WireError(.invalidArgument, "the checkpoint's body or snapshot is no zlib stream, and not sealed either")
    }
    return ([UInt8](buffer: body), [UInt8](buffer: rest))
  }

  /// The events that the node reports, then the one that says that the step is durable.
  private static func events(
    of request: CommitRequest, _ fence: Fence, _ step: UInt64
  ) throws(WireError) -> [Event] {
    var events: [Event] = []
    for var event in request.events {
      try NodeEvents.requireDurable(event.kind)
      event.taskId = fence.taskId
      event.step = step
      events.append(event)
    }
    events.append(
      Event.with {
        $0.kind = .stepCommitted
        $0.taskId = fence.taskId
        $0.step = step
        $0.text = request.summary
      })
    return events
  }
}

/// Which events a node may report, and how; the others are the service's own to write.
enum NodeEvents {
  /// With a commit, as part of the log.
  /// - Throws: `invalid_argument`
  static func requireDurable(_ kind: EventKind) throws(WireError) {
    switch kind {
    case .taskStarted, .assistantMessage, .toolStarted, .toolFinished, .notice, .contextLoaded, .thinking, .todosUpdated,
      .chartDrawn, .artifactWritten, .answerGiven:
      return
    case .unspecified, .taskQueued, .stepCommitted, .taskFinished, .taskRequeued, .sessionChanged, .token, .sessionDeleted,
      .questionAsked, .questionAnswered:
      throw WireError(
        .invalidArgument, "a node may not commit an event of kind \(kind.label)",
        hint: "Tokens go with node.emit; the service writes the others itself.")
    }
  }

  /// With `node.emit`, for whoever watches now.
  /// - Throws: `invalid_argument`
  static func requireLive(_ kind: EventKind) throws(WireError) {
    switch kind {
    case .token, .toolStarted: return
    case .unspecified, .taskQueued, .taskStarted, .stepCommitted, .assistantMessage, .toolFinished, .taskFinished,
      .taskRequeued, .sessionChanged, .notice, .sessionDeleted, .questionAsked, .questionAnswered, .contextLoaded, .thinking,
      .todosUpdated, .chartDrawn, .artifactWritten, .answerGiven:
      throw WireError(
        .invalidArgument, "a node may not emit an event of kind \(kind.label)",
        hint: "What is to be kept goes with checkpoint.commit.")
    }
  }
}
