import Crypto
import Dispatch
import Glibc
import NIOCore
import Synchronization
import Wire

/// `backup.create`: a copy of everything durable as it is at one moment, made while the service works.
struct BackupMethods: Sendable {
  /// Writes a consistent copy of the database to a path, and says which keys are in it; blocks.
  typealias Snapshot = @Sendable (_ path: String) throws(WireError) -> [KeyInfo]

  let folder: String
  let master: [UInt8]
  let identity: ServerIdentity
  let now: @Sendable () -> Timestamp
  let snapshot: Snapshot
  private let isBusy = BusyFlag()

  init(
    folder: String, master: [UInt8], identity: ServerIdentity, now: @escaping @Sendable () -> Timestamp,
    snapshot: @escaping Snapshot
  ) {
    (self.folder, self.master, self.identity, self.now, self.snapshot) = (folder, master, identity, now, snapshot)
  }

  func register(on router: inout Router) {
    router.live(.backupCreate) { (request, context) throws(WireError) in
      let wanted = try BackupCreateRequest(decoding: request.message)
      guard isBusy.take() else {
        throw WireError(.failedPrecondition, "a backup is being made already", hint: "Wait for it, then try again.")
      }
      let stream = BackupStream(request, context, self, wanted) { [isBusy] in isBusy.release() }
      context.streams.open(request.streamID, stream)
      stream.start()
    }
  }

  /// Removes what a backup left that a crash cut off.
  static func removeLeftovers(in folder: String) {
    guard let list = opendir(folder) else { return }
    defer { closedir(list) }
    while let entry = readdir(list) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      if name.hasPrefix(temporaryName) { unlink(folder + "/" + name) }
    }
  }

  static let temporaryName = "backup.tmp"
}

private final class BusyFlag: Sendable {
  private let isTaken = Atomic<Bool>(false)

  func take() -> Bool { isTaken.compareExchange(expected: false, desired: true, ordering: .acquiringAndReleasing).exchanged }
  func release() { isTaken.store(false, ordering: .releasing) }
}

/// One backup on its way to whoever asked for it, no faster than it is taken. Its copy of the database has no name any more once it is
/// open, so that nothing of it is left whatever happens.
private final class BackupStream: LiveStream {
  private struct State: LiveStreamState {
    var bytes: Int
    var items: Int
    var isDone = false
  }

  /// Touched on ``queue`` alone.
  private final class Source: @unchecked Sendable {
    var descriptor: Int32 = -1
    var hash = SHA256()
    var sent: UInt64 = 0
    var isOver = false

    deinit { if descriptor >= 0 { close(descriptor) } }
  }

  private let request: InboundRequest
  private let context: CallContext
  private let methods: BackupMethods
  private let wanted: BackupCreateRequest
  private let onEnd: @Sendable () -> Void
  private let state: Mutex<State>
  private let source = Source()
  /// What blocks is done here, and in order.
  private let queue = DispatchQueue(label: "backup")

  init(
    _ request: InboundRequest, _ context: CallContext, _ methods: BackupMethods, _ wanted: BackupCreateRequest,
    onEnd: @escaping @Sendable () -> Void
  ) {
    (self.request, self.context, self.methods, self.wanted, self.onEnd) = (request, context, methods, wanted, onEnd)
    state = Mutex(State(bytes: Int(request.head.initialBytes), items: Int(request.head.initialItems)))
  }

  func start() {
    queue.async {
      do throws(WireError) {
        try self.open()
        self.pump()
      } catch { self.finish(.error(self.request.streamID, error)) }
    }
  }

  func credit(bytes: UInt32, items: UInt32) {
    state.withLock { state in
      state.bytes = min(state.bytes + Int(bytes), Int(UInt32.max))
      state.items = min(state.items + Int(items), Int(UInt32.max))
    }
    queue.async { self.pump() }
  }

  func cancel() { finish(.error(request.streamID, WireError(.cancelled, "the backup was cancelled"))) }

  func disconnected() {
    if state.end() { afterwards() }
  }

  // MARK: On the queue

  private func open() throws(WireError) {
    let path = methods.folder + "/" + BackupMethods.temporaryName
    unlink(path)
    // Also when the copy could not be finished: a disk that is full needs the space most.
    defer { unlink(path) }
    let keys = try methods.snapshot(path)
    source.descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
    let code = errno
    guard source.descriptor >= 0 else {
      throw WireError(.storageFailed, "the copy of the database cannot be read: \(String(cString: strerror(code)))")
    }
    var status = stat()
    fstat(source.descriptor, &status)
    let now = methods.now()
    let valid = keys.filter { $0.revokedAt.microseconds == 0 && ($0.expiresAt.microseconds == 0 || $0.expiresAt > now) }
    let manifest = BackupManifest.with { manifest in
      (manifest.format, manifest.serverId, manifest.version) = (1, methods.identity.serverId, methods.identity.version)
      (manifest.schemaVersion, manifest.createdAt) = (Migrations.latest, now)
      // What a key may see is long with many connections, and a record has 1 MiB at most.
      manifest.keys = valid.prefix(1_000).map { key in
        .with { ($0.id, $0.name, $0.role, $0.createdAt) = (key.id, key.name, key.role, key.createdAt) }
      }
      (manifest.databaseBytes, manifest.hasMasterKey) = (UInt64(status.st_size), !wanted.withoutMasterKey)
    }
    send(.manifest, ByteBuffer(bytes: manifest.encoded()))
    if !wanted.withoutMasterKey { send(.masterKey, ByteBuffer(bytes: methods.master)) }
  }

  /// Sends parts as long as there is credit, then the end.
  private func pump() {
    while source.descriptor >= 0, !source.isOver, state.withLock({ !$0.isDone && $0.bytes > 0 && $0.items > 0 }) {
      do throws(WireError) { try step() } catch { return finish(.error(request.streamID, error)) }
    }
  }

  private func step() throws(WireError) {
    var part = [UInt8](repeating: 0, count: BackupArchive.partBytes)
    let count = pread(source.descriptor, &part, part.count, off_t(source.sent))
    guard count >= 0 else {
      throw WireError(.storageFailed, "the copy of the database cannot be read: \(String(cString: strerror(errno)))")
    }
    guard count > 0 else {
      source.isOver = true
      let end = BackupEnd.with { ($0.databaseBytes, $0.sha256) = (source.sent, Array(source.hash.finalize())) }
      send(.end, ByteBuffer(bytes: end.encoded()))
      return finish(.response(request.streamID, Empty()))
    }
    part.removeLast(part.count - count)
    source.hash.update(data: part)
    source.sent += UInt64(count)
    send(.part, try BackupArchive.deflate(part))
  }

  private func send(_ kind: BackupRecordKind, _ payload: ByteBuffer) {
    let item = Outbound.item(request.streamID, BackupItem.with { $0.kind = kind }, attachment: payload)
    state.withLock { state in
      state.bytes -= item.message.readableBytes + payload.readableBytes
      state.items -= 1
    }
    context.connection.send([item])
  }

  private func finish(_ terminal: Outbound) {
    if context.finish(state, with: terminal) { afterwards() }
  }

  /// Behind the work under way: the next backup must not find this one's copy half made.
  private func afterwards() { queue.async { self.onEnd() } }
}
