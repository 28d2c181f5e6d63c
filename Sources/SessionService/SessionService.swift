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
  let scrub: Scrub
  let watch: StoreWatch
  let tasks: TaskQueue
  let connections: ConnectionRegistry
  private let folder: DataFolder

  /// Opens or makes the data folder, finishes what an earlier run left half-done, and is ready to serve.
  /// - Throws: `data_folder_locked`, `local_io`, or what the store says.
  init(
    dataFolder path: String, masterKeyFile: String? = nil, maxQueued: Int = Limits.queuedTasks,
    acceptsDamagedLog: Bool = false, watchesItself: Bool = false, surroundings: Surroundings = .system,
    monotonicMs: @escaping @Sendable () -> Int64 = { Int64(NIODeadline.now().uptimeNanoseconds / 1_000_000) },
    logger: Logger
  ) async throws(WireError) {
    folder = try DataFolder(path: path)
    try DiskRoom.requireForStart(path)
    let found = try MasterKey.load(in: folder, file: masterKeyFile, surroundings: surroundings)
    var options = SQLiteStoreOptions(surroundings: surroundings)
    options.acceptsDamagedLog = acceptsDamagedLog
    options.isFirstStart = MasterKey.isFirstStart(in: folder)
    store = try SQLiteStore(path: folder.databasePath, options: options, migrations: Migrations.all)
    let (key, serverId) = try await found.settled(in: folder, isInFolder: masterKeyFile == nil, store)
    let master = key.bytes
    let (known, sealed) = try await store.read { (transaction) throws(WireError) in
      (try KeyRepository.all(in: transaction), try KeyRepository.sealedSecrets(in: transaction))
    }
    keys = KeyRing(master: master, keys: known, older: try SecretVault(master: master).secrets(sealed), now: surroundings.now)
    identity = ServerIdentity(serverId: serverId, version: Release.version, startedAt: surroundings.now())
    BackupMethods.removeLeftovers(in: path)
    let backup = BackupMethods(
      folder: path, master: master, identity: identity, now: surroundings.now
    ) { [store, options] (target) throws(WireError) in
      try store.snapshot(into: target)
      let copy = try SQLiteReader(path: target, options: options)
      return try copy.run { (transaction) throws(WireError) in try KeyRepository.all(in: transaction) }.get()
    }
    let assembly = ServiceAssembly(
      ServiceAssembly.Ground(
        store: store, figures: store.figures, keys: keys, master: master, identity: identity, surroundings: surroundings,
        monotonicMs: monotonicMs, timers: MultiThreadedEventLoopGroup.singleton.next(), logger: logger,
        machine: { MachineFigures.stats(folder: path) }, maxQueued: maxQueued,
        backup: backup))
    handler = assembly.handler
    tasks = assembly.tasks
    connections = assembly.connections
    housekeeping = assembly.housekeeping
    watch = StoreWatch(store: store, figures: store.figures, logger: logger) { DiskRoom.freeBytes(path) }
    scrub = Scrub(store: store, logger: logger, integrity: Self.smallFileProblems)

    if try await !AdminKey.ensure(in: folder, store: store, ring: keys) {
      logger.warning("\(AdminKey.fileName) holds no valid key of this store; move it away, and the next start writes it anew")
    }
    try MasterKey.firstStartIsOver(in: folder)
    try await housekeeping.recover()
    try await tasks.recover()
    if watchesItself { tasks.watchItself() }
  }

  /// A GiB is looked at in a few seconds.
  private static func smallFileProblems(in transaction: any Transaction) throws(WireError) -> [String] {
    try SQLiteIntegrity.problems(in: transaction, upTo: 1 << 30)
  }

  /// Puts another master key in the place of the one that holds; the service must not run.
  /// - Parameters:
  ///   - file: where the old one is, if not in the folder.
  ///   - newFile: where the new one is; nil makes one.
  /// - Throws: `usage`, `data_folder_locked`, `local_io`, or what the store says; nothing has changed then.
  static func rotateMasterKey(
    dataFolder path: String, file: String?, newFile: String?, surroundings: Surroundings = .system
  ) async throws(WireError) {
    guard (file == nil) == (newFile == nil) else {
      throw WireError(.usage, "--master-key-file and --new-master-key-file go together: a key that you keep, you make")
    }
    let folder = try DataFolder(path: path)
    defer { folder.unlock() }
    let found = try MasterKey.load(in: folder, file: file, surroundings: surroundings)
    var options = SQLiteStoreOptions(surroundings: surroundings)
    options.isFirstStart = MasterKey.isFirstStart(in: folder)
    let store = try SQLiteStore(path: folder.databasePath, options: options, migrations: Migrations.all)
    defer { store.close() }
    let old = try await found.settled(in: folder, isInFolder: file == nil, store).key
    let new =
      try newFile.map { (path) throws(WireError) in try MasterKey.read(path) }
      ?? MasterKey(bytes: surroundings.randomBytes(MasterKey.byteCount))
    try await old.rotate(to: new, in: folder, isInFolder: file == nil, store)
  }

  /// Revokes every valid key but some; the service must not run. For a restored backup, in which keys work that were revoked later.
  /// - Returns: how many were revoked.
  /// - Throws: `not_found` for a key that is not valid; `failed_precondition` when no admin's key that does not expire would be left;
  ///   `data_folder_locked`, `local_io`, or what the store says. Nothing has changed then.
  static func revokeKeys(
    but kept: [String], dataFolder path: String, masterKeyFile: String?, surroundings: Surroundings = .system
  ) async throws(WireError) -> Int {
    guard DataFolder.size(path + "/kai.db") != nil else {
      throw WireError(.notFound, "'\(path)' is no data folder of kai-session: it has no kai.db")
    }
    let folder = try DataFolder(path: path)
    defer { folder.unlock() }
    let found = try MasterKey.load(in: folder, file: masterKeyFile, surroundings: surroundings)
    let store = try SQLiteStore(
      path: folder.databasePath, options: SQLiteStoreOptions(surroundings: surroundings), migrations: Migrations.all)
    defer { store.close() }
    _ = try await found.settled(in: folder, isInFolder: masterKeyFile == nil, store)
    return try await store.write { (transaction) throws(WireError) in
      let valid = try KeyRepository.all(in: transaction).filter { $0.revokedAt.microseconds == 0 }
      for id in kept where !valid.contains(where: { $0.id == id }) {
        throw WireError(.notFound, "there is no valid key \(quoted(id))")
      }
      guard valid.contains(where: { kept.contains($0.id) && $0.role == .admin && $0.expiresAt.microseconds == 0 }) else {
        throw WireError(
          .failedPrecondition, "none of the keys to keep is an admin's that does not expire", hint: "Name one of those, too.")
      }
      let gone = valid.filter { !kept.contains($0.id) }
      for key in gone { try KeyRepository.revoke(key.id, in: transaction) }
      return gone.count
    }
  }

  /// Makes a key for nodes and writes it into a file, unless the file holds one that is valid.
  /// - Throws: `local_io`, or what the store says.
  func provideAgentKey(at path: String) async throws(WireError) {
    if let bytes = try DataFolder.read(path: path), let known = try? KeyFile(parsing: String(decoding: bytes, as: UTF8.self)),
      let key = keys.key(known.keyId), key.role == .agent, key.secret == known.secret
    {
      return
    }
    let key = try await store.write { (transaction) throws(WireError) in
      try KeyMethods.create(.with { ($0.name, $0.role) = ("nodes", .agent) }, ring: self.keys, in: transaction)
    }
    let file = KeyFile(keyId: key.id, secret: keys.secret(key.id))
    try DataFolder.writeDurably(path: path, [UInt8]((file.text + "\n").utf8), mode: 0o600)
  }

  /// Where everything durable is.
  var dataFolder: String { folder.path }

  /// Finishes what is queued, closes the store and lets go of the data folder.
  func close() {
    store.close()
    folder.unlock()
  }
}
