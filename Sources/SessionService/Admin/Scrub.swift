import Logging
import Wire

/// Reads what is stored, slowly and over and over, and compares it with its checksums: what nobody asks for may be damaged for long before
/// somebody does, and by then the backups may have it.
struct Scrub: Sendable {
  let store: any Store
  let logger: Logger
  /// Of SQLite's own structures; see ``StoreCheck``.
  let integrity: @Sendable (any Transaction) throws(WireError) -> [String]
  /// Between two slices, so that those who work do not notice.
  var pause = Duration.milliseconds(50)
  /// Rows of a slice; a chunk has 256 KiB.
  var checkpointRows = 64
  var chunkRows = 4

  /// Goes through everything once after each interval, until the task is cancelled; first at once.
  func run(every interval: Duration) async {
    while !Task.isCancelled {
      do throws(WireError) { try await pass() } catch {
        logger.error("the stored data could not be checked", metadata: ["error": "\(error)"])
      }
      guard (try? await Task.sleep(for: interval)) != nil else { return }
    }
  }

  /// Goes through everything once.
  /// - Returns: how many places were found damaged that were not known.
  @discardableResult
  func pass() async throws(WireError) -> Int {
    let problems = try await store.read { (transaction) throws(WireError) in try integrity(transaction) }
    for problem in problems { logger.critical("the database file is damaged", metadata: ["problem": "\(problem)"]) }
    try await store.write { (transaction) throws(WireError) in try DamageRepository.forgetGone(in: transaction) }
    let steps = try await scrub { (seq, transaction) throws(WireError) in
      try CheckpointRepository.scrub(after: seq, limit: checkpointRows, in: transaction)
    }
    return steps
      + (try await scrub { (seq, transaction) throws(WireError) in
        try ContentRepository.scrub(after: seq, limit: chunkRows, in: transaction)
      })
  }

  private func scrub(
    _ slice: @escaping @Sendable (Int64, any Transaction) throws(WireError) -> (last: Int64?, damaged: [DamageRepository.Place])
  ) async throws(WireError) -> Int {
    var new = 0
    var last: Int64? = 0
    while let after = last, !Task.isCancelled {
      let (next, damaged) = try await store.read { (transaction) throws(WireError) in try slice(after, transaction) }
      for place in damaged {
        let isNew = try await store.write { (transaction) throws(WireError) in
          try DamageRepository.note(place, in: transaction)
        }
        guard isNew else { continue }
        new += 1
        logger.critical(
          "stored bytes are damaged: 'kaictl server check' names them all",
          metadata: [
            "session": "\(place.sessionId)", "artifact": "\(place.path)", "segment": "\(place.segmentId)",
            "step": "\(place.step)",
          ])
      }
      last = next
      try? await Task.sleep(for: pause)
    }
    return new
  }
}
