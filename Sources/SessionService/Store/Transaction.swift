import Wire

/// A value that goes into or comes out of the store.
enum Value: Sendable, Equatable {
  case null
  case integer(Int64)
  case real(Double)
  case text(String)
  case blob([UInt8])
}

extension Value: ExpressibleByIntegerLiteral, ExpressibleByStringLiteral, ExpressibleByNilLiteral {
  init(integerLiteral value: Int64) { self = .integer(value) }
  init(stringLiteral value: String) { self = .text(value) }
  init(nilLiteral: ()) { self = .null }
  init(_ value: UInt64) { self = .integer(Int64(bitPattern: value)) }
  init(_ value: UInt32) { self = .integer(Int64(value)) }
  init(_ value: Timestamp) { self = .integer(value.microseconds) }
  init(_ value: Bool) { self = .integer(value ? 1 : 0) }
  init(_ value: String?) { self = value.map { .text($0) } ?? .null }
  init(_ value: some WireEnum) { self = .integer(Int64(value.rawValue)) }
}

/// One row of a result, valid only inside the closure that reads it. Columns are counted from 0.
protocol Row {
  func isNull(_ column: Int) -> Bool
  func int64(_ column: Int) -> Int64
  func double(_ column: Int) -> Double
  func text(_ column: Int) -> String
  func blob(_ column: Int) -> [UInt8]
}

extension Row {
  func uint64(_ column: Int) -> UInt64 { UInt64(bitPattern: int64(column)) }
  /// 0 when the stored number does not fit, which only a damaged store can cause.
  func uint32(_ column: Int) -> UInt32 { UInt32(exactly: int64(column)) ?? 0 }
  func bool(_ column: Int) -> Bool { int64(column) != 0 }
  func timestamp(_ column: Int) -> Timestamp { Timestamp(microseconds: int64(column)) }
  func optionalText(_ column: Int) -> String? { isNull(column) ? nil : text(column) }
  func enumeration<E: WireEnum>(_ column: Int) -> E { E(rawValue: uint32(column)) ?? .unspecified }
}

/// The store as a unit of work sees it: synchronous, and the same on every backend. Parameters are written `?`.
///
/// Used on one thread only, inside the closure it was given to.
protocol Transaction: AnyObject {
  /// The time of this unit; every row it writes carries the same.
  var now: Timestamp { get }
  /// 12 random lowercase hex digits after the prefix: `makeId("sess_")`.
  func makeId(_ prefix: String) -> String
  /// Runs a statement that returns no rows.
  /// - Returns: how many rows it changed.
  /// - Throws: `storage_failed`, `storage_full` or `already_exists` (a broken unique constraint).
  @discardableResult
  func execute(_ sql: String, _ values: [Value]) throws(WireError) -> Int
  /// Runs a query and reads each row.
  func query<T>(_ sql: String, _ values: [Value], _ read: (any Row) throws(WireError) -> T) throws(WireError) -> [T]
  /// Holds the rest of this unit to a life: each statement and each row looks whether it is over.
  /// - Throws: `cancelled` or `deadline_exceeded` when it is over already.
  func heed(_ life: UnitLife) throws(WireError)
  /// Has the log emptied once this unit is durable: what was removed must not be found in it.
  func wipeLog()
  /// Runs after the unit is durable, on the writer's thread; never when the unit failed. Must not block.
  func afterCommit(_ action: @escaping @Sendable () -> Void)
}

extension Transaction {
  /// The first row, or nil.
  func first<T>(_ sql: String, _ values: [Value], _ read: (any Row) throws(WireError) -> T) throws(WireError) -> T? {
    try query(sql, values, read).first
  }

  @discardableResult
  func execute(_ sql: String) throws(WireError) -> Int { try execute(sql, []) }
}

/// A piece of work that is done whole or not at all.
typealias StoreUnit<T> = @Sendable (any Transaction) throws(WireError) -> T

/// A durable store: one writer, which commits what has gathered in one go, and readers beside it.
protocol Store: Sendable {
  /// Queues a unit. It runs on the writer's thread inside a savepoint: a thrown error undoes this unit alone.
  /// `completion` is called on the writer's thread once the unit is durable, or with the error.
  func write<T: Sendable>(
    for owner: String, _ unit: @escaping @Sendable (any Transaction) throws(WireError) -> T,
    completion: @escaping @Sendable (Result<T, WireError>) -> Void)
  /// Queues units that arrived together: they share one commit. `completion` gets the results in the same order, once. Owners take turns.
  func write<T: Sendable>(
    batch: [StoreUnit<T>], for owner: String, completion: @escaping @Sendable ([Result<T, WireError>]) -> Void)
  /// Runs units that arrived together on one reader's thread, each against the state committed last. Owners take turns.
  func read<T: Sendable>(
    batch: [StoreUnit<T>], for owner: String, completion: @escaping @Sendable ([Result<T, WireError>]) -> Void)
}

extension Store {
  /// - Parameter owner: whose turn it takes; empty for the service itself.
  func write<T: Sendable>(
    for owner: String = "", _ unit: @escaping @Sendable (any Transaction) throws(WireError) -> T,
    completion: @escaping @Sendable (Result<T, WireError>) -> Void
  ) {
    write(batch: [unit], for: owner) { (results: [Result<T, WireError>]) in results.forEach(completion) }
  }

  /// Runs a unit on a reader's thread against the last committed state; writing in it fails.
  /// - Parameter owner: whose turn it takes; empty for the service itself.
  func read<T: Sendable>(
    for owner: String = "", _ unit: @escaping @Sendable (any Transaction) throws(WireError) -> T,
    completion: @escaping @Sendable (Result<T, WireError>) -> Void
  ) {
    read(batch: [unit], for: owner) { (results: [Result<T, WireError>]) in results.forEach(completion) }
  }

  /// Writes what nobody waits for, and what may fail without harm.
  func writeInBackground(_ unit: @escaping StoreUnit<Void>) {
    write(unit) { (_: Result<Void, WireError>) in return }
  }

  /// Writes and waits until it is durable.
  @discardableResult
  func write<T: Sendable>(_ unit: @escaping StoreUnit<T>) async throws(WireError) -> T {
    try await withCheckedContinuation { continuation in
      write(unit) { continuation.resume(returning: $0) }
    }.get()
  }

  /// Reads and waits for the answer.
  func read<T: Sendable>(_ unit: @escaping StoreUnit<T>) async throws(WireError) -> T {
    try await withCheckedContinuation { continuation in
      read(unit) { continuation.resume(returning: $0) }
    }.get()
  }
}
