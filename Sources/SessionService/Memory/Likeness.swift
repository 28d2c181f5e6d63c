import Dispatch
import Synchronization

/// How alike a query is to memories that have vectors of its model. Large sets are compared beside what the caller does meanwhile.
final class Likeness: Sendable {
  private let query: [UInt8]
  private let sets: [VectorSet]
  private let nearest = Mutex<[VectorSet.Match]>([])
  private let work = DispatchGroup()

  /// - Parameter scansAll: otherwise only those are compared that are asked for.
  init(query: [UInt8], sets: [VectorSet], scansAll: Bool) {
    (self.query, self.sets) = (query, sets)
    guard scansAll else { return }
    if sets.contains(where: { $0.bytes > VectorSet.bytesOfPart }) {
      DispatchQueue.global(qos: .userInitiated).async(group: work) { self.compare() }
    } else {
      compare()
    }
  }

  private func compare() {
    let found = sets.flatMap { $0.nearest(to: query, limit: MemorySearch.candidates) }
    nearest.withLock { $0 = found }
  }

  /// Of the most alike, and of those that words found. Waits until all are compared.
  func matches(with others: [Int64]) -> [Int64: VectorSet.Match] {
    work.wait()
    var matches: [Int64: VectorSet.Match] = [:]
    for match in sets.flatMap({ $0.matches(of: others, with: query) }) { matches[match.seq] = match }
    for match in nearest.withLock({ $0 }) { matches[match.seq] = match }
    return matches
  }
}
