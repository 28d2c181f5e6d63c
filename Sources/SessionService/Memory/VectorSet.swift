import CVector
import Dispatch
import Synchronization
import Wire

/// The vectors of one model in one scope, side by side in memory, where all of them are compared with a query in one go.
final class VectorSet: Sendable {
  struct Match: Sendable {
    let seq: Int64
    /// Of the memory when it was embedded.
    let version: UInt64
    /// -1...1
    let cosine: Double
  }

  private struct State {
    var dimensions = 0
    /// One after the other.
    var values: [Int8] = []
    /// 1 / the length of each.
    var scales: [Float] = []
    var seqs: [Int64] = []
    var versions: [UInt64] = []
    var places: [Int64: Int] = [:]
    /// The store's last change when it caught up last.
    var changed: Int64 = 0
  }

  private let state = Mutex(State())

  var bytes: Int { state.withLock { $0.values.count + $0.seqs.count * 48 } }

  /// One catches up at a time, or an older state of the store could come on top of a newer one.
  private let turn = Mutex(())

  /// Takes in what has changed since it did so last.
  /// - Returns: the last change that it had before; 0 when it is new.
  @discardableResult
  func catchUp(
    model: String, _ dbConnectionId: String, _ scope: String, in transaction: any Transaction
  ) throws(WireError) -> Int64 {
    try turn.withLock { (_) throws(WireError) in
      let before = state.withLock { $0.changed }
      let last = try ChangeNumbers.last(in: transaction)
      guard last > before else { return before }
      take(try VectorRepository.changes(model: model, dbConnectionId, scope, after: before, in: transaction))
      if before > 0 { drop(try VectorRepository.removals(dbConnectionId, scope, after: before, in: transaction)) }
      state.withLock { $0.changed = last }
      return before
    }
  }

  /// Vectors of another length than the first are left out.
  private func take(_ changes: [VectorRepository.Stored]) {
    state.withLock { state in
      for change in changes {
        if state.dimensions == 0 { state.dimensions = change.vector.count }
        guard change.vector.count == state.dimensions else { continue }
        let values = change.vector.map { Int8(bitPattern: $0) }
        let scale = 1 / max(1e-6, Self.length(values))
        if let place = state.places[change.seq] {
          state.values.replaceSubrange(place * state.dimensions..<(place + 1) * state.dimensions, with: values)
          (state.scales[place], state.versions[place]) = (scale, change.version)
        } else {
          state.places[change.seq] = state.seqs.count
          state.values += values
          state.scales.append(scale)
          state.seqs.append(change.seq)
          state.versions.append(change.version)
        }
      }
    }
  }

  /// Lets go of memories that are no more.
  private func drop(_ removals: [Int64]) {
    guard !removals.isEmpty else { return }
    state.withLock { state in
      for seq in removals {
        guard let place = state.places.removeValue(forKey: seq) else { continue }
        // The last one takes the place that is free.
        let last = state.seqs.count - 1
        let dimensions = state.dimensions
        if place < last {
          state.values.replaceSubrange(
            place * dimensions..<(place + 1) * dimensions, with: state.values[(last * dimensions)...].prefix(dimensions))
          (state.scales[place], state.seqs[place], state.versions[place]) = (
            state.scales[last], state.seqs[last], state.versions[last]
          )
          state.places[state.seqs[place]] = place
        }
        state.values.removeLast(dimensions)
        state.scales.removeLast()
        state.seqs.removeLast()
        state.versions.removeLast()
      }
    }
  }

  /// The nearest to a query, the best first.
  func nearest(to query: [UInt8], limit: Int) -> [Match] {
    compared(with: query) { state, query, length in
      let sums = Self.products(of: query, with: state.values)
      var best = NearestList(limit: limit)
      for (place, (sum, scale)) in zip(sums, state.scales).enumerated() { best.offer(place, Float(sum) * scale) }
      return best.entries.map { entry in
        Match(seq: state.seqs[entry.place], version: state.versions[entry.place], cosine: Double(entry.value / length))
      }
    }
  }

  /// How near some are to a query, of those that have a vector.
  func matches(of seqs: [Int64], with query: [UInt8]) -> [Match] {
    compared(with: query) { state, query, length in
      seqs.compactMap { seq in
        guard let place = state.places[seq] else { return nil }
        var sum: Int32 = 0
        state.values.withUnsafeBufferPointer { values in
          guard let start = values.baseAddress else { return }
          kai_dot_rows(query, start + place * state.dimensions, 1, state.dimensions, &sum)
        }
        return Match(seq: seq, version: state.versions[place], cosine: Double(Float(sum) * state.scales[place] / length))
      }
    }
  }

  private func compared(
    with query: [UInt8], _ compare: (borrowing State, _ query: [Int16], _ length: Float) -> [Match]
  ) -> [Match] {
    let query = query.map { Int8(bitPattern: $0) }
    let length = Self.length(query)
    return state.withLock { state in
      guard query.count == state.dimensions, length > 0, !state.seqs.isEmpty else { return [] }
      return compare(state, query.map { Int16($0) }, length)
    }
  }

  /// Memory is what a long comparison waits for, and each core reads its own share: sets of more than this are compared in parts.
  static let bytesOfPart = 4 * 1024 * 1024
  private static let parts = 2

  private static func products(of query: [Int16], with values: [Int8]) -> [Int32] {
    let rows = values.count / query.count
    let parts = values.count > bytesOfPart ? parts : 1
    return [Int32](unsafeUninitializedCapacity: rows) { sums, count in
      // Each part writes rows of its own.
      nonisolated(unsafe) let sums = sums
      query.withUnsafeBufferPointer { query in
        values.withUnsafeBufferPointer { values in
          nonisolated(unsafe) let (query, values) = (query, values)
          DispatchQueue.concurrentPerform(iterations: parts) { part in
            let (first, end) = (rows * part / parts, rows * (part + 1) / parts)
            guard first < end, let from = values.baseAddress, let to = sums.baseAddress else { return }
            kai_dot_rows(query.baseAddress, from + first * query.count, end - first, query.count, to + first)
          }
        }
      }
      count = rows
    }
  }

  private static func length(_ values: [Int8]) -> Float {
    Float(values.reduce(Int64(0)) { $0 + Int64($1) * Int64($1) }).squareRoot()
  }
}

/// The largest of many values.
private struct NearestList {
  let limit: Int
  private(set) var entries: [(place: Int, value: Float)] = []
  /// What does not get in, once the list is full.
  private var least = -Float.infinity

  init(limit: Int) {
    self.limit = limit
    entries.reserveCapacity(limit + 1)
  }

  mutating func offer(_ place: Int, _ value: Float) {
    guard value > least else { return }
    if entries.count == limit { entries.removeLast() }
    var index = entries.count
    while index > 0, entries[index - 1].value < value { index -= 1 }
    entries.insert((place, value), at: index)
    if entries.count == limit { least = entries[limit - 1].value }
  }
}
