import NIOCore
import Synchronization
import Wire

/// One `session.import` under way: the file's bytes are granted again as soon as what they hold is durable.
final class SessionUpload: LiveStream {
  private struct State: LiveStreamState {
    var reader = RecordReader(SessionArchive.file)
    var importing: SessionImport
    /// Bytes that came and were not granted again.
    var owed = 0
    var isOpen = false
    var isWorking = false
    var isEnded = false
    var isDone = false
  }

  private let request: InboundRequest
  private let context: CallContext
  private let store: any Store
  private let deletion: SessionDeletion
  private let state: Mutex<State>

  static func register(store: any Store, deletion: SessionDeletion, on router: inout Router) {
    router.live(.sessionImport) { (request, context) throws(WireError) in
      let wanted = try SessionImportRequest(decoding: request.message)
      try ConnectionAlias.require(wanted.dbConnectionId)
      // With the id it had it would tell whether there is such a session on a connection that the key does not see.
      guard context.access == nil || wanted.asNew else {
        throw WireError(
          .forbidden, "a key that is limited to connections imports a session only as a new one", hint: "Use --as-new.")
      }
      let upload = SessionUpload(wanted, request, context, store, deletion)
      context.streams.open(request.streamID, upload)
      upload.open()
    }
  }

  private init(
    _ wanted: SessionImportRequest, _ request: InboundRequest, _ context: CallContext, _ store: any Store,
    _ deletion: SessionDeletion
  ) {
    (self.request, self.context, self.store, self.deletion) = (request, context, store, deletion)
    state = Mutex(State(importing: SessionImport(request, wanted)))
  }

  // MARK: Events

  func upload(_ chunk: ByteBuffer, end: Bool) {
    state.withLock { state in
      state.reader.append(chunk)
      state.owed += chunk.readableBytes
      state.isEnded = state.isEnded || end
    }
    work()
  }

  func cancel() { fail(WireError(.cancelled, "\(request.method.name) was cancelled")) }
  func disconnected() { fail(WireError(.connectionLost, "the connection broke during the upload")) }

  // MARK: Steps

  private func open() {
    store.write { [self] (transaction) throws(WireError) in
      if let reply = try Idempotency.stored(request, in: transaction) { return Optional(reply) }
      try context.access?.require(request, in: transaction)
      return nil
    } completion: { [self] result in
      switch result {
      case .failure(let error): fail(error)
      case .success(let reply?):
        finish(Outbound(streamID: request.streamID, kind: .response(replayed: true), message: reply))
      case .success(nil):
        state.withLock { $0.isOpen = true }
        work()
      }
    }
  }

  /// Takes the records that are whole, in one unit at a time.
  private func work() {
    let records: Result<[RecordFile.Record], WireError>? = state.withLock { state in
      guard state.isOpen, !state.isWorking, !state.isDone else { return nil }
      do throws(WireError) {
        var records: [RecordFile.Record] = []
        while let record = try state.reader.next() { records.append(record) }
        if records.isEmpty, state.isEnded { throw SessionArchive.file.cutOff }
        state.isWorking = !records.isEmpty
        return .success(records)
      } catch { return .failure(error) }
    }
    switch records {
    case nil: break
    case .failure(let error): fail(error)
    case .success([]): grant()
    case .success(let records): check(records)
    }
  }

  /// Nodes inflate what is in a step, so it is looked at first: on a reader's thread, because it may take a while.
  private func check(_ records: [RecordFile.Record]) {
    guard records.contains(where: { $0.kind == UInt8(SessionRecordKind.checkpoint.rawValue) }) else { return keep(records) }
    store.read(for: request.principal.keyId) { (_) throws(WireError) in
      for record in records { try SessionImport.check(record) }
    } completion: { [self] result in
      switch result {
      case .failure(let error): fail(error)
      case .success: keep(records)
      }
    }
  }

  private func keep(_ records: [RecordFile.Record]) {
    store.write { [self] (transaction) throws(WireError) in
      let taken: Result<Session?, WireError> = state.withLock { state in
        // Given up meanwhile: its rows are being removed.
        guard !state.isDone else { return .failure(WireError(.cancelled, "the import was given up")) }
        do throws(WireError) {
          var session: Session?
          for record in records { session = try state.importing.take(record, in: transaction) }
          return .success(session)
        } catch { return .failure(error) }
      }
      guard let session = try taken.get() else { return ByteBuffer?.none }
      let reply = ByteBuffer(bytes: session.encoded())
      try Idempotency.keep(reply, for: request, in: transaction)
      return reply
    } completion: { [self] result in
      switch result {
      case .failure(let error): fail(error)
      case .success(let reply?):
        finish(Outbound(streamID: request.streamID, kind: .response(replayed: false), message: reply))
      case .success(nil):
        grant()
        state.withLock { $0.isWorking = false }
        work()
      }
    }
  }

  private func grant() {
    let owed = state.withLock { state in
      defer { state.owed = 0 }
      return state.isDone || state.isEnded ? 0 : state.owed
    }
    if owed > 0 { context.connection.grantUpload(streamID: request.streamID, bytes: UInt32(owed)) }
  }

  // MARK: The end

  /// Answers once what the import began is gone: who tries again at once must not find it there.
  private func fail(_ error: WireError) {
    guard state.end() else { return }
    let (streams, connection, streamID) = (context.streams, context.connection, request.streamID)
    let answer = { @Sendable in
      streams.close(streamID)
      connection.send([.error(streamID, error)])
    }
    store.write { [self] (transaction) throws(WireError) in
      // Behind any unit under way, which may still have begun something.
      let (sessionId, contentId) = state.withLock { $0.importing.leftovers }
      if let contentId { try ContentRepository.discardUpload(contentId, in: transaction) }
      return sessionId
    } completion: { [self] result in
      guard case .success(let sessionId?) = result else { return answer() }
      deletion.removeInBackground(
        sessionId, importedBy: request.principal.keyId, request.head.idempotencyKey, completion: answer)
    }
  }

  private func finish(_ terminal: Outbound) { context.finish(state, with: terminal) }
}
