import Guards
import NIOCore

extension ServerConnectionMachine {
  // MARK: What the client sends

  /// Accepts the id of a new stream.
  mutating func take(streamID: UInt32) throws(WireError) {
    guard streamID % 2 == 1, streamID > highestStreamID else {
      throw WireError(.badFrame, "a client's stream ids are odd and rise; \(streamID) follows \(highestStreamID)")
    }
    highestStreamID = streamID
  }

  func refuse(_ streamID: UInt32, _ error: WireError) -> Action {
    .send([.error(streamID: streamID, error)])
  }

  mutating func receive(request frame: Frame, _ now: NIODeadline) throws(WireError) -> Action {
    let id = frame.streamID
    try take(streamID: id)
    let body = try MessageBody(parsing: frame)
    if case .final = drain { return refuse(id, WireError(.shuttingDown, "the server is stopping")) }
    let head: RequestHead
    let entry: MethodAccess.Entry
    do throws(WireError) {
      (head, entry) = try admit(body)
    } catch {
      try abuse.spend(.error, now)
      expectLateUpload(of: body)
      return refuse(id, error)
    }
    // What an upload may send is held before it comes.
    let window = entry.shape == .upload && !Guard.memory.isOff ? Int(Limits.initialStreamBytes) : 0
    let held = frame.body.readableBytes + window + (Guard.memory.isOff ? 0 : Limits.streamHeldBytes)
    guard held <= memoryBudget || Guard.memory.isOff else {
      expectLateUpload(of: body)
      return refuse(id, WireError(.overloaded, "the requests under way hold too many bytes", retryAfterMs: 50))
    }
    let deadline = head.timeoutMs > 0 ? now + .milliseconds(Int64(head.timeoutMs)) : nil
    if let deadline { nextDeadline = min(nextDeadline, deadline) }
    hold(held)
    streams[id] = ServerStream(
      shape: entry.shape, heldBytes: held, deadline: deadline,
      credit: Credit(bytes: head.initialBytes, items: head.initialItems))
    return .deliver(
      .request(
        InboundRequest(
          streamID: id, method: entry.method, head: head, message: body.message, attachment: body.attachment,
          principal: principal, deadline: deadline)))
  }

  /// A client may have sent what the first credit of an upload allows before it hears that the request was refused.
  private mutating func expectLateUpload(of body: MessageBody) {
    guard let head = try? RequestHead(decoding: body.head), MethodAccess.entry(head.method)?.shape == .upload else { return }
    lateUploadBytes = min(lateUploadBytes + Int(Limits.initialStreamBytes) + Limits.chunkBytes, Int(UInt32.max))
  }

  /// Everything that can be said against a request before its message is read.
  private func admit(_ body: MessageBody) throws(WireError) -> (RequestHead, MethodAccess.Entry) {
    let maxStreams = agreement?.limits.maxStreams ?? 0
    guard streams.count < maxStreams else {
      throw WireError(.tooManyStreams, "\(maxStreams) requests are under way already", retryAfterMs: 10)
    }
    let head = try RequestHead(decoding: body.head)
    guard let entry = MethodAccess.entry(head.method) else {
      throw WireError(.unknownMethod, "method \(head.method) is not known")
    }
    guard entry.allows(principal.role) else {
      throw WireError(
        .forbidden,
        "'\(entry.method.name)' needs one of the roles \(MethodAccess.roles(entry.method)); this key is '\(principal.role.label)'"
      )
    }
    guard !entry.mutates || !head.idempotencyKey.isEmpty else {
      throw WireError(.invalidArgument, "'\(entry.method.name)' changes something and needs an idempotency key")
    }
    return (head, entry)
  }

  mutating func receive(upload frame: Frame, _ now: NIODeadline) throws(WireError) -> Action {
    let body = try MessageBody(parsing: frame)
    let count = body.creditBytes
    guard count <= Limits.chunkBytes else {
      throw WireError(.frameTooLarge, "a chunk has \(count) bytes; at most \(Limits.chunkBytes) are allowed")
    }
    guard var stream = streams[frame.streamID] else {
      try known(frame.streamID)
      // It crossed with the stream's terminal frame, so the credit that was left is what may come.
      if count == 0 { try abuse.spend(.oddity, now) }
      return try receiveLate(count)
    }
    guard stream.shape == .upload, !stream.uploadEnded else {
      throw WireError(.badFrame, "stream \(frame.streamID) takes no UPLOAD")
    }
    guard count == 0 || stream.uploadCredit > 0 else {
      throw WireError(.flowViolation, "stream \(frame.streamID) uploaded more than it had credit for")
    }
    let end = frame.flags.contains(.end)
    if count == 0, !end { try abuse.spend(.oddity, now) }
    stream.uploadCredit -= count
    stream.uploadEnded = end
    streams[frame.streamID] = stream
    return stream.isCancelled ? .none : .deliver(.upload(streamID: frame.streamID, chunk: body.attachment, end: end))
  }

  /// A chunk that no budget has room for, of which nothing was read.
  mutating func receive(refusedUpload header: FrameHeader) throws(WireError) -> Action {
    guard streams[header.streamID] == nil else {
      throw WireError(.badFrame, "stream \(header.streamID) takes no UPLOAD")
    }
    try known(header.streamID)
    return try receiveLate(Int(header.rawLength) - MessageBody.prefixBytes)
  }

  private mutating func receiveLate(_ count: Int) throws(WireError) -> Action {
    lateUploadBytes -= count
    guard lateUploadBytes >= 0 else { throw WireError(.flowViolation, "UPLOAD went on after its stream had ended") }
    return .none
  }

  mutating func receive(credit frame: Frame, _ now: NIODeadline) throws(WireError) -> Action {
    var body = frame.body
    guard let (bytes, items) = body.readMultipleIntegers(as: (UInt32, UInt32).self), body.readableBytes == 0 else {
      throw WireError(.badFrame, "CREDIT has eight bytes")
    }
    guard let stream = streams[frame.streamID] else {
      try known(frame.streamID)
      try abuse.spend(.control, now)
      return .none
    }
    guard stream.shape == .serverStream else {
      throw WireError(.badFrame, "stream \(frame.streamID) sends no items and takes no CREDIT")
    }
    if !stream.sentSinceCredit { try abuse.spend(.control, now) }
    streams[frame.streamID]?.sentSinceCredit = false
    streams[frame.streamID]?.credit.grant(bytes: bytes, items: items)
    let frames = releaseQueue(frame.streamID)
    let event = InboundEvent.credit(streamID: frame.streamID, bytes: bytes, items: items)
    if stream.isCancelled { return .none }
    return frames.isEmpty ? .deliver(event) : .deliverAndSend(event, frames)
  }

  mutating func receive(cancel frame: Frame, _ now: NIODeadline) throws(WireError) -> Action {
    guard frame.body.readableBytes == 0 else { throw WireError(.badFrame, "CANCEL has no body") }
    try abuse.spend(.cancel, now)
    guard let stream = streams[frame.streamID] else {
      try known(frame.streamID)
      return .none
    }
    guard !stream.isCancelled else { return .none }
    let frames = cancel(frame.streamID)
    // With the terminal frame out there is nobody left to tell.
    return frames.isEmpty ? .deliver(.cancel(streamID: frame.streamID)) : .send(frames)
  }

  /// - Throws: `bad_frame` unless the stream was opened once.
  private func known(_ streamID: UInt32) throws(WireError) {
    guard streamID % 2 == 1, streamID <= highestStreamID else {
      throw WireError(.badFrame, "stream \(streamID) was never opened")
    }
  }

  // MARK: What the service sends

  /// What goes out now because the service sent `outbound`; the rest waits for credit.
  /// - Throws: `overloaded` when too much waits; the connection ends then.
  package mutating func send(_ outbound: Outbound) throws(WireError) -> OutboundFrame? {
    guard let index = streams.index(forKey: outbound.streamID), !streams.values[index].hasResponded else { return nil }
    switch outbound.kind {
    case .error:
      end(outbound.streamID)
      return outbound.frame
    case .response:
      guard streams.values[index].queue.isEmpty else {
        streams.values[index].queue.append(outbound)
        return nil
      }
      end(outbound.streamID)
      return outbound.frame
    case .item:
      guard !streams.values[index].isCancelled else { return nil }
      if streams.values[index].queue.isEmpty, streams.values[index].credit.isOpen {
        streams.values[index].credit.spend(bytes: outbound.creditBytes)
        streams.values[index].sentSinceCredit = true
        return outbound.frame
      }
      streams.values[index].queue.append(outbound)
      pendingBytes += outbound.creditBytes
      guard pendingBytes <= Limits.pendingBytesPerPeer else {
        throw WireError(.overloaded, "the client does not read its streams: \(pendingBytes) bytes wait for it")
      }
      return nil
    }
  }

  /// CREDIT for an upload, or nil when the stream takes no more.
  package mutating func grantUpload(_ streamID: UInt32, bytes: UInt32) -> OutboundFrame? {
    guard let stream = streams[streamID], stream.shape == .upload, !stream.uploadEnded, bytes > 0 else { return nil }
    streams[streamID]?.uploadCredit = min(stream.uploadCredit + Int(bytes), Int(UInt32.max))
    return .credit(streamID: streamID, bytes: bytes, items: 0)
  }

  private mutating func releaseQueue(_ streamID: UInt32) -> [OutboundFrame] {
    guard var stream = streams[streamID] else { return [] }
    var frames: [OutboundFrame] = []
    while let first = stream.queue.first {
      if case .response = first.kind {
        frames.append(first.frame)
        streams[streamID] = stream
        end(streamID)
        return frames
      }
      guard stream.credit.isOpen else { break }
      stream.credit.spend(bytes: first.creditBytes)
      stream.sentSinceCredit = true
      pendingBytes -= first.creditBytes
      frames.append(first.frame)
      stream.queue.removeFirst()
    }
    streams[streamID] = stream
    return frames
  }

  /// Forgets what waits. A RESPONSE that waited behind items goes out now.
  private mutating func cancel(_ streamID: UInt32) -> [OutboundFrame] {
    guard let stream = streams[streamID] else { return [] }
    if stream.hasResponded, let last = stream.queue.last {
      end(streamID)
      return [last.frame]
    }
    stream.queue.forEach { pendingBytes -= $0.creditBytes }
    streams[streamID]?.queue = LazyQueue()
    streams[streamID]?.isCancelled = true
    return []
  }

  private mutating func end(_ streamID: UInt32) {
    guard let stream = streams.removeValue(forKey: streamID) else { return }
    hold(-stream.heldBytes)
    stream.queue.forEach { waiting in
      if case .item = waiting.kind { pendingBytes -= waiting.creditBytes }
    }
    if stream.shape == .upload, !stream.uploadEnded {
      lateUploadBytes = min(lateUploadBytes + max(stream.uploadCredit, 0) + Limits.chunkBytes, Int(UInt32.max))
    }
  }

  // MARK: Deadlines

  mutating func expireStreams(_ now: NIODeadline, _ tick: inout Tick) {
    nextDeadline = .distantFuture
    for (id, stream) in streams {
      guard let deadline = stream.deadline, !stream.isCancelled else { continue }
      if deadline > now {
        nextDeadline = min(nextDeadline, deadline)
        continue
      }
      let frames = cancel(id)
      tick.frames += frames
      if frames.isEmpty { tick.events.append(.cancel(streamID: id)) }
    }
  }
}
