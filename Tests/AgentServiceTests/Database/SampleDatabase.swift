import Foundation
import SQLite
import Wire

@testable import AgentService

/// A database file in a temporary folder, removed by ``remove()``.
struct SampleDatabase {
  let folder: String
  var path: String { folder + "/shop.db" }
  var uri: String { "sqlite://" + path }

  static let script = """
    CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT NOT NULL, city TEXT);
    CREATE TABLE orders (
      id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customers, amount REAL, placed TEXT,
      shipped_by TEXT REFERENCES carriers(code));
    CREATE TABLE carriers (code TEXT PRIMARY KEY, title TEXT);
    CREATE VIEW big_orders AS SELECT * FROM orders WHERE amount > 50;
    CREATE VIEW broken AS SELECT * FROM gone;
    INSERT INTO customers VALUES (1, 'Ada', 'Paris'), (2, 'Bo', 'Rome'), (3, 'Cy', NULL);
    INSERT INTO carriers VALUES ('UA', 'United'), ('DL', 'Delta');
    INSERT INTO orders VALUES
      (1, 1, 10.5, '2024-01-03', 'UA'), (2, 1, 99.0, '2024-02-01', 'DL'), (3, 2, NULL, '2024-02-09', 'UA'),
      (4, 3, 60.0, '2024-03-05', NULL);
    CREATE TABLE odd (a INTEGER, b REAL, c TEXT, d BLOB);
    INSERT INTO odd VALUES
      (9223372036854775807, 0.1, 'é', x'00ff'), (-9223372036854775808, 9e999, CAST(x'ff41' AS TEXT), NULL);
    """

  init(_ script: String = SampleDatabase.script) throws {
    folder = NSTemporaryDirectory() + "kai-tools-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try SQLiteConnection(path: path, access: .readWriteCreate).execute(script: script)
  }

  func open() async throws -> SQLiteDatabase {
    let database = SQLiteDatabase(path: path)
    try await database.open()
    return database
  }

  func bytes() throws -> Data { try Data(contentsOf: URL(fileURLWithPath: path)) }

  func remove() { try? FileManager.default.removeItem(atPath: folder) }
}

extension SQLiteDatabase {
  /// As a node opens it whose operator said nothing of databases.
  init(path: String) { self.init(path: path, access: .standard) }
}

/// The error that `work` throws, or nil.
func wireError(_ work: () async throws(WireError) -> Void) async -> WireError? {
  do throws(WireError) {
    try await work()
    return nil
  } catch {
    return error
  }
}
