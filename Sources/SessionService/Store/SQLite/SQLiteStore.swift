import Dispatch
import NIOCore
import SQLite
import Synchronization
import Wire

/// The sizes of a store on SQLite.
struct SQLiteStoreOptions: Sendable {
  let surroundings: Surroundings
  var readers = 2
  /// Jobs that one transaction may hold at most, so that the first of them does not wait too long.
  var jobsPerCommit = 1_024
  /// How long a transaction goes on taking jobs, for the same reason.
  var gathering = TimeAmount.milliseconds(25)
  /// Pages in the log from which the writer copies them into the database, without waiting for readers.
  var checkpointPages = 4_096
  /// Pages in the log from which the writer waits for readers to empty it.
  var truncatePages = 32_768
  var busyTimeoutMs: Int32 = 250
  /// How long a store that closes waits for the units that are queued.
  var closing = TimeAmount.seconds(2)
  /// Open a store whose write-ahead log is damaged, without the commits behind the damage.
  var acceptsDamagedLog = false
  /// A database without any table is a new one; otherwise it has lost what it held.
  var isFirstStart = true
}

/// A store in one SQLite file: one writer's thread with group commit, and a small pool of readers.
final class SQLiteStore: Store {
  /// Counts commits, units and pages; see ``StoreFigures``.
  let figures: StoreFigures

  private typealias ReadJob = @Sendable (SQLiteReader) -> Void
  private let writes: WorkQueue<SQLiteWriter.Job>
  private let reads: WorkQueue<ReadJob>
  private let writer: WorkerThread
  private let readers: [WorkerThread]
  private let isClosed = Mutex(false)
  private let readHalt: StoreHalt
  private let writeHalt: StoreHalt
  private let closing: TimeAmount
  private let path: String

  /// Opens or makes the file, and applies the migrations that it lacks.
  /// - Parameter path: the database file, in a folder that this process alone uses (see ``DataFolder``).
  /// - Throws: `storage_failed`, `storage_full`, `corrupt`, or `failed_precondition` when a newer version wrote the file.
  init(path: String, options: SQLiteStoreOptions, migrations: [Migration]) throws(WireError) {
    try Self.requireSoundLog(of: path, acceptsLoss: options.acceptsDamagedLog)
    let figures = StoreFigures()
    let writes = WorkQueue<SQLiteWriter.Job>()
    let reads = WorkQueue<ReadJob>()
    let (readHalt, writeHalt) = (StoreHalt(), StoreHalt())
    let writer = try Self.start { ready in
      Self.serve(ready) { () throws(WireError) in
        try SQLiteWriter(path: path, options: options, migrations: migrations, figures: figures, halt: writeHalt)
      } until: { writer in
        while true {
          let jobs = writes.take(limit: 1)
          if jobs.isEmpty { break }
          writer.perform(jobs) { writes.takeNext() }
        }
        writer.close()
      }
    }
    var readers: [WorkerThread] = []
    do throws(WireError) {
      for _ in 0..<max(1, options.readers) {
        let reader = try Self.start { ready in
          Self.serve(ready) { () throws(WireError) in
            try SQLiteReader(path: path, options: options, halt: readHalt)
          } until: { reader in
            while let job = reads.take(limit: 1).first { job(reader) }
          }
        }
        readers.append(reader)
      }
    } catch {
      reads.close()
      writes.close()
      for thread in readers + [writer] { thread.join() }
      throw error
    }
    self.path = path
    closing = options.closing
    self.readHalt = readHalt
    self.writeHalt = writeHalt
    self.figures = figures
    self.writes = writes
    self.reads = reads
    self.writer = writer
    self.readers = readers
  }

  // The last reference may be dropped on one of the store's own threads, which cannot wait for itself to end.
  deinit {
    reads.close()
    writes.close()
  }

  func write<T: Sendable>(
    batch: [StoreUnit<T>], for owner: String, completion: @escaping @Sendable ([Result<T, WireError>]) -> Void
  ) {
    let job: SQLiteWriter.Job = { writer in
      let results = batch.map { writer.run($0) }
      return { failure in
        guard let failure else { return completion(results) }
        completion(results.map { $0.flatMap { _ in .failure(failure) } })
      }
    }
    if !writes.put(job, of: owner) { completion(batch.map { _ in .failure(Self.closed) }) }
  }

  func read<T: Sendable>(
    batch: [StoreUnit<T>], for owner: String, completion: @escaping @Sendable ([Result<T, WireError>]) -> Void
  ) {
    let isTaken = reads.put({ reader in completion(batch.map { reader.run($0) }) }, of: owner)
    if !isTaken { completion(batch.map { _ in .failure(Self.closed) }) }
  }

  /// Writes a copy of the database as it is now, without its free pages, through a connection of its own that only reads. Blocks.
  /// - Throws: `storage_full`, `storage_failed`
  func snapshot(into target: String) throws(WireError) {
    try storing { () throws(SQLiteError) in
      let connection = try SQLiteConnection(path: path, access: .readOnly)
      try connection.execute(script: "PRAGMA wal_autocheckpoint = 0; VACUUM INTO \(sqlText(target))")
    }
  }

  /// Finishes the writes that are queued, as far as the time for that goes, stops what reads, empties the log and closes the file. What
  /// comes later is refused. Blocks; must not be called on a thread of the store.
  func close() {
    let isFirst = isClosed.withLock { isClosed in
      defer { isClosed = true }
      return !isClosed
    }
    guard isFirst else { return }
    // Readers first: a log can only be emptied, and its file removed, by the last connection.
    reads.close()
    readHalt.raise()
    for thread in readers { thread.join() }
    writes.close()
    guard !writer.join(within: closing) else { return }
    writeHalt.raise()
    writer.join()
  }

  private static var closed: WireError { WireError(.shuttingDown, "the store is closed") }

  /// - Throws: `corrupt` when SQLite would forget commits; with `acceptsLoss` a copy of the log is kept beside it instead.
  private static func requireSoundLog(of path: String, acceptsLoss: Bool) throws(WireError) {
    let log = path + "-wal"
    guard let damage = try WriteAheadLogCheck(path: log, index: WriteAheadLogIndex(path: path + "-shm")) else { return }
    guard acceptsLoss else {
      throw WireError(
        .corrupt, "the write-ahead log '\(log)' \(damage.sentence)",
        hint:
          "Nothing was changed. Put the log back, restore the last backup, or start once with --accept-damaged-log to go on without those commits."
      )
    }
    if DataFolder.size(log) != nil { try DataFolder.copy(log, to: log + ".damaged") }
  }

  /// Whether a thread's connection could be opened.
  private final class Readiness: Sendable {
    private let semaphore = DispatchSemaphore(value: 0)
    private let outcome = Mutex<Result<Void, WireError>>(.success(()))

    func report(_ result: Result<Void, WireError>) {
      outcome.withLock { $0 = result }
      semaphore.signal()
    }

    func wait() throws(WireError) {
      semaphore.wait()
      try outcome.withLock { $0 }.get()
    }
  }

  /// Starts a thread and waits until it has opened its connection.
  private static func start(
    _ body: @escaping @Sendable (Readiness) -> Void
  ) throws(WireError) -> WorkerThread {
    let ready = Readiness()
    let thread = WorkerThread { body(ready) }
    try ready.wait()
    return thread
  }

  /// The life of a thread: opens its connection, says so, and serves until its queue is closed.
  private static func serve<Connection>(
    _ ready: Readiness, _ open: () throws(WireError) -> Connection, until body: (Connection) -> Void
  ) {
    do throws(WireError) {
      let connection = try open()
      ready.report(.success(()))
      body(connection)
    } catch { ready.report(.failure(error)) }
  }
}
