import Glibc
import SQLite
import Wire

/// The store as a unit on SQLite sees it. One for each connection; it keeps that connection's prepared statements.
///
/// Confined to the thread that made it.
final class SQLiteTransaction: Transaction {
  let connection: SQLiteConnection
  private(set) var now = Timestamp()
  private let surroundings: Surroundings
  private let halt: StoreHalt
  /// Of the unit under way; nil for what the service does by itself, which takes the time that it takes.
  private var life: UnitLife?
  /// Whether the statement under way can be interrupted by itself. SQLite undoes a whole transaction whose writing statement is
  /// interrupted, and with it the units of others.
  private var isReading = false
  private let thread = pthread_self()
  private var statements: [String: Cached] = [:]
  private var actions: [@Sendable () -> Void] = []
  private var isOpen = false

  /// More distinct texts than our code has: a guard against one that is put together from data.
  private static let maxStatements = 1_024

  init(connection: SQLiteConnection, surroundings: Surroundings, halt: StoreHalt) {
    self.connection = connection
    self.surroundings = surroundings
    self.halt = halt
    connection.setProgressHandler(instructions: Self.instructionsPerLook) { [unowned self] in
      if halt.isRaised { return false }
      return !isReading || life?.failure == nil
    }
  }

  /// Of SQLite's virtual machine: some tens of microseconds.
  private static let instructionsPerLook: Int32 = 4_000

  /// Runs one unit on this connection.
  /// - Returns: what the unit returned, and what it wants done once it is durable.
  func run<T>(_ unit: StoreUnit<T>) throws(WireError) -> (value: T, actions: [@Sendable () -> Void]) {
    assertConfined()
    if halt.isRaised { throw StoreHalt.error }
    now = surroundings.now()
    isOpen = true
    actions = []
    defer {
      isOpen = false
      life = nil
    }
    let value = try unit(self)
    return (value, actions)
  }

  func heed(_ life: UnitLife) throws(WireError) {
    assertOpen()
    self.life = life
    try look()
  }

  /// - Throws: why the unit under way must not go on.
  private func look() throws(WireError) {
    if halt.isRaised { throw StoreHalt.error }
    if let failure = life?.failure { throw failure }
  }

  /// Runs SQLite, and tells an interruption by its reason.
  private func heeding<T>(_ body: () throws(SQLiteError) -> T) throws(WireError) -> T {
    try look()
    do throws(SQLiteError) { return try body() } catch {
      if error.isInterrupted { try look() }
      throw WireError(error)
    }
  }

  /// Whether a unit since the last commit wants the log emptied.
  private(set) var wantsLogWiped = false

  func wipeLog() {
    assertOpen()
    wantsLogWiped = true
  }

  /// The log was emptied.
  func logWasWiped() { wantsLogWiped = false }

  func makeId(_ prefix: String) -> String { surroundings.makeId(prefix) }

  func afterCommit(_ action: @escaping @Sendable () -> Void) {
    assertOpen()
    actions.append(action)
  }

  @discardableResult
  func execute(_ sql: String, _ values: [Value]) throws(WireError) -> Int {
    assertOpen()
    return try heeding { () throws(SQLiteError) in
      try withStatement(sql, values) { (statement) throws(SQLiteError) in
        while try statement.step() {}
        return statement.isReadOnly ? 0 : connection.changes
      }
    }
  }

  func query<T>(
    _ sql: String, _ values: [Value], _ read: (any Row) throws(WireError) -> T
  ) throws(WireError) -> [T] {
    assertOpen()
    var out: [T] = []
    var failure: WireError?
    try heeding { () throws(SQLiteError) in
      try withStatement(sql, values) { (statement) throws(SQLiteError) in
        let row = SQLiteRow(statement: statement)
        while failure == nil, try statement.step() {
          do throws(WireError) { out.append(try read(row)) } catch { failure = error }
        }
      }
    }
    if let failure { throw failure }
    return out
  }

  // MARK: Statements

  private final class Cached {
    let statement: SQLiteStatement
    var isBusy = false
    init(_ statement: SQLiteStatement) { self.statement = statement }
  }

  /// Lends the prepared statement of `sql`; a second one while the first is being read.
  private func withStatement<T>(
    _ sql: String, _ values: [Value], _ body: (SQLiteStatement) throws(SQLiteError) -> T
  ) throws(SQLiteError) -> T {
    let cached: Cached
    if let known = statements[sql], !known.isBusy {
      cached = known
    } else {
      cached = Cached(try connection.prepare(sql, persistent: true))
      if statements.count >= Self.maxStatements { statements.removeAll() }
      statements[sql] = cached
    }
    cached.isBusy = true
    let wasReading = isReading
    isReading = cached.statement.isReadOnly
    defer {
      isReading = wasReading
      cached.statement.reset()
      cached.isBusy = false
    }
    for (index, value) in values.enumerated() { try cached.statement.bind(SQLiteValue(value), at: index + 1) }
    return try body(cached.statement)
  }

  // MARK: Misuse by our own code, never by data

  private func assertConfined() {
    precondition(pthread_equal(thread, pthread_self()) != 0, "a transaction was used on another thread than its own")
  }

  private func assertOpen() {
    assertConfined()
    precondition(isOpen, "a transaction was used after its unit had ended")
  }
}

private struct SQLiteRow: Row {
  let statement: SQLiteStatement
  func isNull(_ column: Int) -> Bool { statement.isNull(column) }
  func int64(_ column: Int) -> Int64 { statement.int64(column) }
  func double(_ column: Int) -> Double { statement.double(column) }
  func text(_ column: Int) -> String { statement.text(column) }
  func blob(_ column: Int) -> [UInt8] { statement.blob(column) }
}

extension SQLiteValue {
  init(_ value: Value) {
    switch value {
    case .null: self = .null
    case .integer(let integer): self = .integer(integer)
    case .real(let real): self = .real(real)
    case .text(let text): self = .text(text)
    case .blob(let blob): self = .blob(blob)
    }
  }
}
