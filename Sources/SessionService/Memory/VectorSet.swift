import CVector
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
    var lengths: [Float] = []
    var seqs: [Int64] = []
    var versions: [UInt64] = []
    var places: [Int64: Int] = [:]
    var changed: Int64 = 0
  }

  private let state = Mutex(State())

  var bytes: Int { state.withLock { $0.values.count + $0.seqs.count * 48 } }

  /// The last change that it has.
  var changed: Int64 { state.withLock { $0.changed } }

  /// Takes in what has changed. Vectors of another length than the first are left out.
  func take(_ changes: [VectorRepository.Stored]) {
    state.withLock { state in
      for change in changes {
        state.changed = max(state.changed, change.changed)
        if state.dimensions == 0 { state.dimensions = change.vector.count }
        guard change.vector.count == state.dimensions else { continue }
        let values = change.vector.map { Int8(bitPattern: $0) }
        let length = Self.length(values)
        if let place = state.places[change.seq] {
          state.values.replaceSubrange(place * state.dimensions..<(place + 1) * state.dimensions, with: values)
          (state.lengths[place], state.versions[place]) = (length, change.version)
        } else {
          state.places[change.seq] = state.seqs.count
          state.values += values
          state.lengths.append(length)
          state.seqs.append(change.seq)
          state.versions.append(change.version)
        }
      }
    }
  }

  /// The nearest to a query, the best first, and how near some others are.
  func nearest(to query: [UInt8], limit: Int, and others: Set<Int64> = []) -> [Match] {
    let query = query.map { Int8(bitPattern: $0) }
    let length = Self.length(query)
    return state.withLock { state in
      guard query.count == state.dimensions, length > 0, !state.seqs.isEmpty else { return [] }
      var sums = [Int32](repeating: 0, count: state.seqs.count)
      query.map { Int16($0) }.withUnsafeBufferPointer { query in
        state.values.withUnsafeBufferPointer { values in
          kai_dot_rows(query.baseAddress, values.baseAddress, sums.count, state.dimensions, &sums)
        }
      }
      var best = NearestList(limit: limit)
      for (place, sum) in sums.enumerated() { best.offer(place, Float(sum) / max(1e-6, state.lengths[place])) }
      var matches = best.entries.map { entry in
        Match(seq: state.seqs[entry.place], version: state.versions[entry.place], cosine: Double(entry.value / length))
      }
      let found = Set(matches.map(\.seq))
      for seq in others where !found.contains(seq) {
        guard let place = state.places[seq] else { continue }
        let row = Array(state.values[place * state.dimensions..<(place + 1) * state.dimensions])
        let product = zip(query, row).reduce(Int32(0)) { $0 + Int32($1.0) * Int32($1.1) }
        let cosine = Float(product) / max(1e-6, state.lengths[place]) / length
        matches.append(Match(seq: seq, version: state.versions[place], cosine: Double(cosine)))
      }
      return matches
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

  init(limit: Int) {
    self.limit = limit
    entries.reserveCapacity(limit + 1)
  }

  mutating func offer(_ place: Int, _ value: Float) {
    if entries.count == limit {
      guard let last = entries.last, value > last.value else { return }
      entries.removeLast()
    }
    var index = entries.count
    while index > 0, entries[index - 1].value < value { index -= 1 }
    entries.insert((place, value), at: index)
  }
}

/// The sets that were searched last, kept up with the store.
final class VectorCache: Sendable {
  static let maxBytes = 256 * 1024 * 1024

  private struct Key: Hashable {
    let model: String
    let dbConnectionId: String
    let scope: String
  }

  private struct State {
    var sets: [Key: VectorSet] = [:]
    /// The one that was used last stands last.
    var order: [Key] = []
  }

  private let state = Mutex(State())

  /// The set as the store has it now.
  func set(
    model: String, _ dbConnectionId: String, _ scope: String, in transaction: any Transaction
  ) throws(WireError) -> VectorSet {
    let key = Key(model: model, dbConnectionId: dbConnectionId, scope: scope)
    let set = state.withLock { state in
      state.order.removeAll { $0 == key }
      state.order.append(key)
      if let known = state.sets[key] { return known }
      let new = VectorSet()
      state.sets[key] = new
      return new
    }
    set.take(
      try VectorRepository.changes(model: model, dbConnectionId, scope, after: set.changed, in: transaction))
    state.withLock { state in
      while state.order.count > 1, state.sets.values.reduce(0, { $0 + $1.bytes }) > Self.maxBytes {
        state.sets[state.order.removeFirst()] = nil
      }
    }
    return set
  }

  /// Forgets what it has of a connection: its vectors were dropped.
  func drop(_ dbConnectionId: String) {
    state.withLock { state in
      state.order.removeAll { $0.dbConnectionId == dbConnectionId }
      state.sets = state.sets.filter { $0.key.dbConnectionId != dbConnectionId }
    }
  }
}
