import Logging
import SQLite
import Synchronization
import Testing
import Wire

@testable import AgentService

/// Keeps scans as kai-session does.
private final class SchemaShelf: SchemaStore {
  struct Shelf {
    var state = SchemaState()
    var reports: [SchemaReport] = []
    var clock: Int64 = 1_000_000
    var isOutOfOrder = false
  }

  let shelf = Mutex(Shelf())
  let checks = Mutex<[KnowledgeChecked]>([])

  var reports: [SchemaReport] { shelf.withLock { $0.reports } }

  func state(of connectionId: String, known: Timestamp) async throws(WireError) -> SchemaState {
    var (state, isOutOfOrder) = shelf.withLock { ($0.state, $0.isOutOfOrder) }
    if isOutOfOrder { throw WireError(.unavailable, "out of order") }
    if state.scannedAt == known { state.scan = nil }
    return state
  }

  func report(_ checked: KnowledgeChecked) async throws(WireError) { checks.withLock { $0.append(checked) } }

  func report(_ report: SchemaReport) async throws(WireError) {
    let isOutOfOrder = shelf.withLock { shelf in
      shelf.reports.append(report)
      shelf.clock += 1_000_000
      if var scan = report.scan, !shelf.isOutOfOrder {
        scan.scannedAt = Timestamp(microseconds: shelf.clock)
        (shelf.state.scan, shelf.state.scannedAt) = (scan, scan.scannedAt)
      }
      return shelf.isOutOfOrder
    }
    if isOutOfOrder { throw WireError(.unavailable, "out of order") }
  }
}

struct SchemaCatalogTests {
  private static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

  private static func connection(_ sample: SampleDatabase) -> DatabaseConnection {
    .with { ($0.id, $0.dialect, $0.uri, $0.version) = ("shop", .sqlite, sample.uri, 1) }
  }

  private static func catalog(_ shelf: SchemaShelf, at time: Int64 = 0) -> SchemaCatalog {
    SchemaCatalog(store: shelf, drivers: .standard, nodeName: "n1", log: quiet) { Timestamp(microseconds: time) }
  }

  @Test("the first task makes the scan, the next node takes it from kai-session and looks at no values")
  func scansOnce() async throws {
    let sample = try SampleDatabase()
    defer { sample.remove() }
    let shelf = SchemaShelf()
    let first = try await Self.catalog(shelf).scan(of: Self.connection(sample), try await sample.open())
    #expect(try first.table(named: "customers").column(named: "city").values.contains("Rome"))
    #expect(shelf.reports.count == 1)
    let second = try await Self.catalog(shelf).scan(of: Self.connection(sample), try await sample.open())
    #expect(second.tables == first.tables)
    #expect(shelf.reports.count == 1)
  }

  @Test("a changed structure is seen at once and scanned anew; rows alone are counted on demand")
  func changes() async throws {
    let sample = try SampleDatabase()
    defer { sample.remove() }
    let shelf = SchemaShelf()
    let catalog = Self.catalog(shelf)
    _ = try await catalog.scan(of: Self.connection(sample), try await sample.open())
    let writer = try SQLiteConnection(path: sample.path, access: .readWriteCreate)
    try writer.execute(script: "INSERT INTO customers VALUES (4, 'Di', 'Oslo')")
    let database = try await sample.open()
    let schema = catalog.schema(of: Self.connection(sample), database)
    #expect(try await schema.scan().table(named: "customers").rows == 3)
    let fresh = try await schema.scan(refresh: true).table(named: "customers")
    #expect(fresh.rows == 4)
    #expect(try fresh.column(named: "city").values.contains("Rome"))
    #expect(shelf.reports.count == 1)
    try writer.execute(script: "ALTER TABLE customers ADD COLUMN phone TEXT")
    let changed = try await catalog.scan(of: Self.connection(sample), database)
    #expect(try changed.table(named: "customers").columns.map(\.name).contains("phone"))
    #expect(try changed.table(named: "customers").column(named: "city").values.contains("Oslo"))
    #expect(shelf.reports.count == 2)
  }

  @Test("an old scan is used and made anew meanwhile")
  func ages() async throws {
    let sample = try SampleDatabase()
    defer { sample.remove() }
    let shelf = SchemaShelf()
    _ = try await Self.catalog(shelf).scan(of: Self.connection(sample), try await sample.open())
    let later = Self.catalog(shelf, at: (SchemaCatalog.maxAgeMs + 3_000) * 1_000)
    _ = try await later.scan(of: Self.connection(sample), try await sample.open())
    try await eventually("the scan is made anew") { shelf.reports.count == 2 }
  }

  @Test("without kai-session's help the task still gets its schema; a database that cannot be opened is reported")
  func failures() async throws {
    let sample = try SampleDatabase()
    defer { sample.remove() }
    let shelf = SchemaShelf()
    shelf.shelf.withLock { $0.isOutOfOrder = true }
    let scan = try await Self.catalog(shelf).scan(of: Self.connection(sample), try await sample.open())
    #expect(try scan.table(named: "customers").column(named: "city").values.contains("Rome"))
    var gone = Self.connection(sample)
    gone.uri = "sqlite:///nowhere/at-all.db"
    await Self.catalog(shelf).obey(.with { ($0.connection, $0.onlyOpen) = (gone, true) })
    #expect(shelf.reports.last?.error?.errorCode == .databaseUnavailable)
  }

  @Test("a schema too large for a message loses its values first, then its last tables, and says so")
  func tooLarge() {
    let table = SchemaTable.with { table in
      table.name = String(repeating: "t", count: 900)
      table.columns = (0..<20).map { index in
        .with { ($0.name, $0.values) = ("c\(index)", Array(repeating: String(repeating: "v", count: 200), count: 20)) }
      }
    }
    let scan = SchemaScan.with { $0.tables = Array(repeating: table, count: 100) }
    let bounded = scan.bounded(nodeName: "n", at: Timestamp())
    #expect(bounded.tables.count == 100 && bounded.notes.count == 1)
    let larger = SchemaScan.with { $0.tables = Array(repeating: table, count: 4_000) }.bounded(nodeName: "n", at: Timestamp())
    #expect(larger.notes.count == 2 && larger.tables.count < 4_000 && larger.encodedSize <= 3 * 1024 * 1024 + 2_048)
  }

  @Test("of each statement it says whether the database would run it, and runs none")
  func checks() async throws {
    let sample = try SampleDatabase()
    defer { sample.remove() }
    let shelf = SchemaShelf()
    let catalog = SchemaCatalog(store: shelf, drivers: .standard, nodeName: "n", log: Self.quiet)
    let statements = ["SELECT name FROM customers", "SELECT nothing FROM nowhere", "DELETE FROM customers", "SELECT 1; SELECT 2"]
    await catalog.obey(
      .with { order in
        order.connection = .with { ($0.id, $0.uri) = ("shop", sample.uri) }
        order.checks = statements.enumerated().map { index, sql in
          .with { ($0.id, $0.version, $0.sql) = ("know_\(index)", UInt64(index), sql) }
        }
      })
    let checked = shelf.checks.withLock { $0 }
    #expect(checked.map(\.id) == ["know_0", "know_1", "know_2", "know_3"] && checked.map(\.version) == [0, 1, 2, 3])
    #expect(checked.map { $0.error?.errorCode } == [nil, .sqlError, .sqlRefused, .sqlRefused])
    #expect(shelf.reports.isEmpty)
  }
}
