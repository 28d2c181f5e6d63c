import CoreMetrics
import Glibc
import NIOCore
import SQLite
import Wire

/// The one connection that writes: runs what has gathered as one transaction, with a savepoint for each unit.
///
/// Debian 12 ships SQLite 3.40.1. Versions 3.7.0 to 3.51.2 can damage a database when two connections write or checkpoint
/// at the same moment while the log restarts (sqlite.org/wal.html, "the WAL-reset bug"). Therefore this connection alone
/// ever writes *or checkpoints*: readers are opened read-only, SQLite's own checkpoints are off everywhere, and a lock
/// file keeps a second process out of the folder.
final class SQLiteWriter {
  /// A batch of units: runs them, and returns what settles them once their fate is known (nil: they are durable).
  typealias Job = @Sendable (SQLiteWriter) -> @Sendable (WireError?) -> Void

  private let connection: SQLiteConnection
  private let transaction: SQLiteTransaction
  private let log: SQLiteWriteAheadLog
  private var files: StoreFiles?
  /// Prepared once: parsing these for every unit costs as much as a small query.
  private let begin: SQLiteStatement
  private let savepoint: SQLiteStatement
  private let release: SQLiteStatement
  private let options: SQLiteStoreOptions
  private let figures: StoreFigures
  private var actions: [@Sendable () -> Void] = []
  static let commitSeconds = "kai_store_commit_seconds"
  static let batchUnits = "kai_store_batch_units"
  private let commitTimer = Timer(label: SQLiteWriter.commitSeconds)
  private let batchRecorder = Recorder(label: SQLiteWriter.batchUnits)
  /// Of the transaction under way.
  private var units = 0
  /// Why the transaction under way cannot be committed.
  private var lost: WireError?
  /// Set when a commit failed: what the disk holds is unknown until the store is opened anew.
  private var broken: WireError?
  /// When the log was last emptied because something had been removed.
  private var wipedAt = Timestamp()
  private static let wipeIntervalMs: Int64 = 1_000
  /// Where the log is emptied when the disk is nearly full: 2 MiB.
  private static let shortLogPages = 256

  /// Opens the file, makes it what we need, and brings its schema up to date.
  init(
    path: String, options: SQLiteStoreOptions, migrations: [Migration], figures: StoreFigures, halt: StoreHalt = StoreHalt()
  ) throws(WireError) {
    try SQLiteOwnership.peek(path)
    let opened = try storing { () throws(SQLiteError) in
      let connection = try SQLiteConnection(path: path, access: .readWriteCreate)
      connection.setBusyTimeout(milliseconds: options.busyTimeoutMs)
      return connection
    }
    let isMarked = try SQLiteOwnership.require(opened, path, isFirstStart: options.isFirstStart)
    (connection, begin, savepoint, release) = try storing { () throws(SQLiteError) in
      let connection = opened
      // 8 KiB holds three checkpoints of 2 KiB; 4 KiB pages would hold one and waste the rest.
      try connection.execute(
        script: """
          PRAGMA page_size = 8192;
          PRAGMA journal_mode = WAL;
          PRAGMA synchronous = FULL;
          PRAGMA wal_autocheckpoint = 0;
          PRAGMA foreign_keys = ON;
          PRAGMA secure_delete = ON;
          PRAGMA temp_store = MEMORY;
          PRAGMA cache_size = -32768;
          """)
      return (
        connection, try connection.prepare("BEGIN IMMEDIATE", persistent: true),
        try connection.prepare("SAVEPOINT unit", persistent: true), try connection.prepare("RELEASE unit", persistent: true)
      )
    }
    self.options = options
    self.figures = figures
    log = SQLiteWriteAheadLog(connection: connection)
    transaction = SQLiteTransaction(connection: connection, surroundings: options.surroundings, halt: halt)
    try requireWriteAheadLog()
    try syncLog()
    try keepBeforeMigrating(migrations, path)
    try migrate(migrations)
    if !isMarked { try script(SQLiteOwnership.mark) }
    files = try StoreFiles(path)
  }

  /// Runs the jobs in one transaction, commits once, and settles them.
  /// - Parameter more: another job that waits, or nil; asked for a short while.
  func perform(_ jobs: [Job], _ more: () -> Job? = { nil }) {
    lost = broken
    let logged = log.commits
    actions = []
    units = 0
    if lost == nil { do throws(WireError) { try run(begin) } catch { lost = error } }
    let end = NIODeadline.now() + options.gathering
    var settlements = jobs.map { $0(self) }
    while settlements.count < options.jobsPerCommit, .now() < end, let job = more() { settlements.append(job(self)) }
    var elapsed = Duration.zero
    if lost == nil {
      let start = ContinuousClock.now
      commit()
      elapsed = ContinuousClock.now - start
    }
    if lost != nil, !connection.isAutocommit { _ = attempt("ROLLBACK") }
    if let lost {
      figures.failed(lost, isForGood: broken != nil)
    } else {
      // A transaction that changed nothing also succeeds on a disk that is full.
      if log.commits > logged {
        commitTimer.recordNanoseconds(Int64(elapsed / .nanoseconds(1)))
        batchRecorder.record(units)
        figures.committed(in: elapsed / .seconds(1))
      }
      for action in actions { action() }
    }
    for settle in settlements { settle(lost) }
    checkpointIfDue()
  }

  /// Runs one unit in its savepoint: when it throws, it alone is undone.
  func run<T>(_ unit: StoreUnit<T>) -> Result<T, WireError> {
    units += 1
    if let lost { return .failure(lost) }
    do throws(WireError) {
      try run(savepoint)
      let (value, wanted) = try transaction.run(unit)
      try run(release)
      actions += wanted
      figures.ran(failed: false)
      return .success(value)
    } catch {
      figures.ran(failed: true)
      // A full disk or an I/O error makes SQLite undo the whole transaction by itself, the neighbours' units too.
      if connection.isAutocommit {
        lost = error
      } else if let failure = attempt("ROLLBACK TO unit; RELEASE unit") {
        lost = failure
      }
      return .failure(error)
    }
  }

  /// Copies the log into the database and empties it; to be called when no reader is left.
  func close() {
    _ = try? log.checkpoint(.truncate)
  }

  private func commit() {
    guard let failure = attempt("COMMIT") else {
      lost = files?.loss
      broken = lost
      return
    }
    // When there was no room for the log's pages, SQLite has undone the transaction.
    let effect = failure.errorCode == .storageFull ? Effect.none : .unknown
    lost = WireError(
      failure.errorCode, "the commit failed, so none of its changes is acknowledged: \(failure.message)", effect: effect)
    // After a failed fsync the kernel may drop the pages it could not write and report success the next time: whatever
    // else is written through this connection could be acknowledged and yet be lost. A full disk is no such failure: the
    // next commit may find space.
    if connection.isAutocommit, failure.errorCode != .storageFull { broken = lost }
  }

  private func checkpointIfDue() {
    figures.walPages(log.pages)
    // To empty the log waits for readers, so many removals in a row share one emptying.
    let wipes = transaction.wantsLogWiped && wipedAt.advanced(milliseconds: Self.wipeIntervalMs) <= transaction.now
    figures.logWaitsForWiping(transaction.wantsLogWiped)
    let isShort = figures.snapshot.room != .enough
    let limit = isShort ? min(Self.shortLogPages, options.checkpointPages) : options.checkpointPages
    guard broken == nil, log.pages >= limit || wipes else { return }
    // A failed checkpoint loses nothing: the log keeps everything, and the next one tries again.
    let mustEmpty = log.pages >= options.truncatePages || wipes || isShort
    let isWhole = (try? log.checkpoint(mustEmpty ? .truncate : .passive)) ?? false
    if mustEmpty, isWhole {
      transaction.logWasWiped()
      figures.logWaitsForWiping(false)
    }
    if wipes { wipedAt = transaction.now }
    figures.checkpointed(walPages: log.pages)
  }

  private func requireWriteAheadLog() throws(WireError) {
    let (modes, _) = try transaction.run { (transaction) throws(WireError) in
      try transaction.query("PRAGMA journal_mode", []) { (row) in row.text(0) }
    }
    guard modes == ["wal"] else {
      throw WireError(
        .storageFailed, "the file system of the data folder does not support SQLite's write-ahead log",
        hint: "Choose a --data folder on a local disk.")
    }
  }

  /// A process that died, or whose sync failed, may have left commits in the log that are whole but not synced. They count
  /// from now on, so they must be as durable as any: copying the log into the database syncs both.
  private func syncLog() throws(WireError) {
    try storing { () throws(SQLiteError) in _ = try log.checkpoint(.truncate) }
  }

  /// Copies a store that is about to be brought forward: the way back to the version before.
  /// - Throws: `storage_full` when there is no room for the copy: then nothing is brought forward.
  private func keepBeforeMigrating(_ migrations: [Migration], _ path: String) throws(WireError) {
    let (missing, _) = try transaction.run { (transaction) throws(WireError) in
      try Migrations.missing(migrations, in: transaction)
    }
    guard let first = missing.first, missing.count < migrations.count else { return }
    let copy = path + ".before-\(first.number)"
    unlink(copy)
    do throws(WireError) { try script("VACUUM INTO \(sqlText(copy))") } catch {
      unlink(copy)
      var error = error
      error.message = "the database must be brought forward, and cannot be copied before: \(error.message)"
      throw error
    }
  }

  private func migrate(_ migrations: [Migration]) throws(WireError) {
    try script("BEGIN IMMEDIATE")
    do throws(WireError) {
      _ = try transaction.run { (transaction) throws(WireError) in
        try Migrations.apply(migrations, in: transaction)
      }
      try script("COMMIT")
    } catch {
      _ = attempt("ROLLBACK")
      throw error
    }
  }

  private func run(_ statement: SQLiteStatement) throws(WireError) {
    try storing { () throws(SQLiteError) in
      defer { statement.reset() }
      _ = try statement.step()
    }
  }

  private func script(_ sql: String) throws(WireError) {
    try storing { () throws(SQLiteError) in try connection.execute(script: sql) }
  }

  private func attempt(_ sql: String) -> WireError? {
    do throws(WireError) {
      try script(sql)
      return nil
    } catch { return error }
  }
}
