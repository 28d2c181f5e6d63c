import Logging
import NIOCore
import Wire

/// The service put together on a store: everything but files, threads and sockets, so that a simulator can run it too.
struct ServiceAssembly: Sendable {
  let handler: SessionServiceHandler
  let tasks: TaskQueue
  let housekeeping: Housekeeping
  let connections: ConnectionRegistry

  /// What the assembly stands on.
  struct Ground: Sendable {
    let store: any Store
    let figures: StoreFigures
    let keys: KeyRing
    let master: [UInt8]
    let identity: ServerIdentity
    let surroundings: Surroundings
    /// A clock that never jumps, in milliseconds.
    let monotonicMs: @Sendable () -> Int64
    /// Where deadlines are waited for.
    let timers: any EventLoop
    let logger: Logger
    /// Figures of what the service runs on, such as the free space of its disk.
    var machine: @Sendable () -> [Stat] = { [] }
    /// Tasks that may wait in the queue.
    var maxQueued = Limits.queuedTasks
    /// nil where there is no file to copy.
    var backup: BackupMethods?
  }

  init(_ ground: Ground) {
    let store = ground.store
    let vault = SecretVault(master: ground.master)
    let connections = ConnectionRegistry()
    let tasks = TaskQueue(
      store: store, hub: EventHub(), surroundings: ground.surroundings, monotonicMs: ground.monotonicMs,
      timers: ground.timers, maxQueued: ground.maxQueued
    ) { (id, transaction) throws(WireError) in
      try ConnectionRepository.withURI(id, vault: vault, in: transaction)
    }
    let queue = tasks.seam
    let deletion = SessionDeletion(store: store, queue: queue)
    var router = Router()
    SessionMethods(queue: queue).register(on: &router)
    deletion.register(on: &router)
    SessionExport(store: store, identity: ground.identity).register(on: &router)
    SessionUpload.register(store: store, deletion: deletion, on: &router)
    CheckpointMethods(store: store).register(on: &router)
    CheckpointCommit(queue: tasks).register(on: &router)
    TaskMethods(queue: tasks, figures: ground.figures).register(on: &router)
    NodeMethods(queue: tasks).register(on: &router)
    let vectors = VectorCache()
    MemoryMethods(store: store, vectors: vectors).register(on: &router)
    EmbeddingMethods(vectors: vectors).register(on: &router)
    ArtifactMethods(store: store, fence: queue.fence).register(on: &router)
    ConnectionMethods(store: store, vault: vault, ring: ground.keys, open: connections).register(on: &router)
    SchemaMethods(queue: tasks).register(on: &router)
    KnowledgeMethods(queue: tasks, vectors: vectors).register(on: &router)
    BlockMethods().register(on: &router)
    KeyMethods(ring: ground.keys, connections: connections).register(on: &router)
    ServerMethods(
      identity: ground.identity, figures: ground.figures, connections: connections,
      check: StoreCheck(integrity: SQLiteIntegrity.problems, figures: ground.figures), machine: ground.machine,
      drain: { tasks.drain() }
    ).register(on: &router)
    ground.backup?.register(on: &router)
    self.tasks = tasks
    self.connections = connections
    handler = SessionServiceHandler(
      store: store, router: router, keys: ground.keys, connections: connections, figures: ground.figures,
      now: ground.surroundings.now, timers: ground.timers, logger: ground.logger)
    housekeeping = Housekeeping(store: store, deletion: deletion, vectors: vectors, logger: ground.logger)
  }
}
