import Logging
import NIOCore
import NIOPosix
import Wire

/// kai-session put together on one data folder: everything but the sockets.
final class SessionService: Sendable {
  let identity: ServerIdentity
  let keys: KeyRing
  let handler: SessionServiceHandler
  let store: SQLiteStore
  let housekeeping: Housekeeping
  let tasks: TaskQueue
  private let folder: DataFolder

  static let version = "0.1.0"

  /// Opens or makes the data folder, finishes what an earlier run left half-done, and is ready to serve.
  /// - Throws: `data_folder_locked`, `local_io`, or what the store says.
  init(
    dataFolder path: String, surroundings: Surroundings = .system,
    monotonicMs: @escaping @Sendable () -> Int64 = { Int64(NIODeadline.now().uptimeNanoseconds / 1_000_000) },
    logger: Logger
  ) async throws(WireError) {
    folder = try DataFolder(path: path)
    let master = try MasterKey.loadOrMake(in: folder, surroundings: surroundings)
    store = try SQLiteStore(
      path: folder.databasePath, options: SQLiteStoreOptions(surroundings: surroundings), migrations: Migrations.all)
    keys = KeyRing(
      master: master,
      keys: try await store.read { (transaction) throws(WireError) in try KeyRepository.all(in: transaction) })
    identity = ServerIdentity(master: master, version: Self.version, startedAt: surroundings.now())
    let memoryIndex = SQLiteMemoryIndex()
    let vault = SecretVault(master: master)
    let connections = ConnectionRegistry()
    tasks = TaskQueue(
      store: store, hub: EventHub(), surroundings: surroundings, monotonicMs: monotonicMs,
      timers: MultiThreadedEventLoopGroup.singleton.next()
    ) { (id, transaction) throws(WireError) in
      try ConnectionRepository.withURI(id, vault: vault, in: transaction)
    }
    let queue = tasks.seam
    let deletion = SessionDeletion(store: store, queue: queue, memoryIndex: memoryIndex)
    housekeeping = Housekeeping(store: store, deletion: deletion, memoryIndex: memoryIndex, logger: logger)

    var router = Router()
    SessionMethods(queue: queue).register(on: &router)
    deletion.register(on: &router)
    CheckpointMethods(store: store).register(on: &router)
    CheckpointCommit(queue: tasks).register(on: &router)
    TaskMethods(queue: tasks).register(on: &router)
    NodeMethods(queue: tasks).register(on: &router)
    MemoryMethods(store: store, index: memoryIndex).register(on: &router)
    ArtifactMethods(store: store, fence: queue.fence).register(on: &router)
    ConnectionMethods(vault: vault, memoryIndex: memoryIndex).register(on: &router)
    KeyMethods(ring: keys, connections: connections).register(on: &router)
    ServerMethods(
      identity: identity, figures: store.figures, connections: connections,
      check: StoreCheck(integrity: SQLiteIntegrity.problems), drain: { [tasks] in tasks.drain() }
    ).register(on: &router)
    handler = SessionServiceHandler(store: store, router: router, connections: connections, logger: logger)

    try await AdminKey.ensure(in: folder, store: store, ring: keys)
    try await housekeeping.recover()
    try await tasks.recover()
  }

  /// Where everything durable is.
  var dataFolder: String { folder.path }

  /// Finishes what is queued, closes the store and lets go of the data folder.
  func close() {
    store.close()
    folder.unlock()
  }
}
