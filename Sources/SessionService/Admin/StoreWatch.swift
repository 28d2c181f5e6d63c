import Logging
import Synchronization
import Wire

/// Looks after the store while nobody writes: whether its disk has room, whether it can be written again, and that its log does not keep
/// what was removed.
final class StoreWatch: Sendable {
  private let store: any Store
  private let figures: StoreFigures
  private let freeBytes: @Sendable () -> Int?
  private let logger: Logger
  /// What was logged last.
  private let told = Mutex<String?>(nil)

  /// - Parameter freeBytes: how many bytes the disk of the data folder has left; nil when nobody can say.
  init(store: any Store, figures: StoreFigures, logger: Logger, freeBytes: @escaping @Sendable () -> Int?) {
    self.store = store
    self.figures = figures
    self.logger = logger
    self.freeBytes = freeBytes
  }

  /// Looks until the task is cancelled.
  func run(every interval: Duration) async {
    while !Task.isCancelled {
      await look()
      guard (try? await Task.sleep(for: interval)) != nil else { return }
    }
  }

  /// Looks once.
  func look() async {
    if let free = freeBytes() { figures.room(await DiskRoom(freeBytes: free, reusableBytes: reusableBytes)) }
    await probe()
    tell()
  }

  /// Writes a little when the last write failed, or when what was removed must go from the log; an empty transaction at any other time,
  /// which notices that the files are gone.
  private func probe() async {
    let hasFailed = figures.snapshot.trouble != nil
    _ = try? await store.write { (transaction) throws(WireError) in
      // The number means nothing here, and to set it writes a page even when it is the same.
      if hasFailed { try transaction.execute("PRAGMA user_version = 0") }
    }
  }

  private func reusableBytes() async -> Int {
    let bytes = try? await store.read { (transaction) throws(WireError) -> Int64 in
      let pages = try transaction.first("PRAGMA freelist_count", []) { (row) in row.int64(0) } ?? 0
      return pages * (try transaction.first("PRAGMA page_size", []) { (row) in row.int64(0) } ?? 0)
    }
    return Int(bytes ?? 0)
  }

  private func tell() {
    let problem = figures.snapshot.problem
    let isNew = told.withLock { told in
      defer { told = problem.map { "\($0.errorCode)" } }
      return told != problem.map { "\($0.errorCode)" }
    }
    guard isNew else { return }
    if let problem {
      logger.error("nothing that needs room is written", metadata: ["error": "\(problem)"])
    } else {
      logger.notice("the store is written again")
    }
  }
}
