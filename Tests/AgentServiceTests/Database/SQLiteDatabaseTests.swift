import Testing
import Wire

@testable import AgentService

struct SQLiteDatabaseTests {
  @Test("every value comes as it is stored; of text that is not UTF-8 the wrong bytes come as \\xHH")
  func values() async throws {
    let sample = try SampleDatabase()
    defer { sample.remove() }
    let result = try await sample.open().query("SELECT * FROM odd", [], limits: QueryLimits())
    #expect(result.columns == ["a", "b", "c", "d"])
    #expect(
      result.rows == [
        [.integer(.max), .real(0.1), .text("é"), .blob([0, 255])],
        [.integer(.min), .real(.infinity), .text("\\xffA"), .null],
      ])
  }

  @Test("parameters are bound, not written into the text")
  func parameters() async throws {
    let sample = try SampleDatabase()
    defer { sample.remove() }
    let result = try await sample.open().query(
      "SELECT ?, ?, ?, ?, ?", [.integer(1), .real(2.5), .text("'; DROP"), .blob([1]), .null], limits: QueryLimits())
    #expect(result.rows == [[.integer(1), .real(2.5), .text("'; DROP"), .blob([1]), .null]])
  }

  @Test("the schema says tables, views, keys and what may be NULL")
  func schema() async throws {
    let sample = try SampleDatabase()
    defer { sample.remove() }
    let tables = try await sample.open().tables()
    #expect(tables.map(\.name) == ["big_orders", "broken", "carriers", "customers", "odd", "orders"])
    #expect(tables.filter(\.isView).map(\.name) == ["big_orders", "broken"])
    #expect(tables[1].columns.isEmpty)
    #expect(
      tables[3].columns == [
        ColumnInfo(name: "id", type: "INTEGER", isNullable: false, isPrimaryKey: true),
        ColumnInfo(name: "name", type: "TEXT", isNullable: false, isPrimaryKey: false),
        ColumnInfo(name: "city", type: "TEXT", isNullable: true, isPrimaryKey: false),
      ])
    #expect(
      tables[5].foreignKeys == [
        ForeignKey(column: "customer_id", table: "customers", foreignColumn: "id"),
        ForeignKey(column: "shipped_by", table: "carriers", foreignColumn: "code"),
      ])
  }

  @Test("a table may have any name")
  func oddNames() async throws {
    let sample = try SampleDatabase("CREATE TABLE \"a \"\"b'; --\" (\"x\"\"y\" INT); CREATE TABLE sqlitefoo (a)")
    defer { sample.remove() }
    let tables = try await sample.open().tables()
    #expect(tables.map(\.name) == ["a \"b'; --", "sqlitefoo"])
    #expect(tables[0].columns.map(\.name) == ["x\"y"])
  }

  @Test(
    "a misspelt name is answered with the nearest ones",
    arguments: [
      ("SELECT nmae FROM customers", "Did you mean 'name'?"),
      ("SELECT c.citty FROM customers c", "Did you mean 'city'?"),
      ("SELECT * FROM custmers", "Did you mean 'customers'?"),
      ("SELECT * FROM customers WHERE city = \"Paris\"", "in single quotes: 'Paris'"),
    ])
  func hints(_ sql: String, _ hint: String) async throws {
    let sample = try SampleDatabase()
    defer { sample.remove() }
    let database = try await sample.open()
    let error = await wireError { () async throws(WireError) in _ = try await database.query(sql, [], limits: QueryLimits()) }
    #expect(error?.errorCode == .sqlError)
    #expect(error?.message.contains(hint) == true, "\(error?.message ?? "")")
  }

  @Test(
    "every other URI is refused",
    arguments: [
      "", "sqlite", "sqlite:/a.db", "sqlite://host/a.db", "sqlite://", "sqlite:///", "sqlite:///a/", "sqlite:///a.db?mode=rwc",
      "sqlite:///a.db#x", "sqlite:///a%2", "sqlite:///a%zz", "sqlite:///a%00b", "sqlite:///a%ff", "file:///a.db", "/a.db",
    ])
  func badURI(_ uri: String) async throws {
    let error = await wireError { () async throws(WireError) in
      _ = try await DatabaseDrivers.standard.open(DatabaseConnection.with { $0.uri = uri })
    }
    #expect(error?.errorCode == .databaseUnavailable)
  }

  @Test("an unknown scheme is told what there is, and no secret is repeated")
  func unknownScheme() async throws {
    let error = await wireError { () async throws(WireError) in
      _ = try DatabaseDrivers.standard.driver(for: "mysql://user:secret@host/db")
    }
    #expect(error?.message.contains("mysql") == true)
    #expect(error?.message.contains("sqlite:///") == true)
    #expect(error?.message.contains("secret") == false)
  }

  @Test("a connection opens through the drivers")
  func drivers() async throws {
    let sample = try SampleDatabase()
    defer { sample.remove() }
    let database = try await DatabaseDrivers.standard.open(.with { $0.uri = sample.uri })
    #expect(database.dialect == .sqlite)
    #expect(try await database.tables().count == 6)
  }
}
