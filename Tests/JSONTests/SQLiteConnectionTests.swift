import Foundation
import SQLite
import Testing

@Suite struct SQLiteConnectionTests {
  private func withDatabase(_ body: (SQLiteConnection, String) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "kai-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appending(path: "test.db").path
    try body(try SQLiteConnection(path: path, access: .readWriteCreate), path)
  }

  @Test func everyValueComesBackAsItWent() throws {
    try withDatabase { connection, _ in
      let values: [SQLiteValue] = [
        .null, .integer(.min), .integer(.max), .real(-0.1), .text(""), .text("é\u{0}日"), .blob([]), .blob([0, 255]),
      ]
      let statement = try connection.prepare("SELECT " + values.map { _ in "?" }.joined(separator: ","))
      try statement.bind(values)
      #expect(try statement.step())
      #expect(values.indices.map { statement.value($0) } == values)
      #expect(try !statement.step())
    }
  }

  @Test func textThatIsNotUTF8ComesWithItsBytesWrittenOut() throws {
    try withDatabase { connection, _ in
      let statement = try connection.prepare("SELECT CAST(x'ff61' AS TEXT)")
      #expect(try statement.step())
      #expect(statement.value(0) == .text("\\xffa"))
    }
  }

  @Test func aReadOnlyConnectionCannotWriteAndAMissingFileIsNotMade() throws {
    try withDatabase { connection, path in
      try connection.execute(script: "CREATE TABLE t (a)")
      let reader = try SQLiteConnection(path: path, access: .readOnly)
      let error = #expect(throws: SQLiteError.self) { try reader.execute(script: "INSERT INTO t VALUES (1)") }
      #expect(error?.isReadOnly == true)
      #expect(throws: SQLiteError.self) { try SQLiteConnection(path: path + "2", access: .readOnly) }
      #expect(!FileManager.default.fileExists(atPath: path + "2"))
    }
  }

  @Test func aTakenUniqueKeyIsRecognised() throws {
    try withDatabase { connection, _ in
      try connection.execute(script: "CREATE TABLE t (a PRIMARY KEY); INSERT INTO t VALUES (1)")
      let error = #expect(throws: SQLiteError.self) { try connection.execute(script: "INSERT INTO t VALUES (1)") }
      #expect(error?.isUniqueViolation == true)
    }
  }

  @Test func theAuthorizerRefusesAndTheProgressHandlerInterrupts() throws {
    try withDatabase { connection, _ in
      connection.setAuthorizer { _ in false }
      let denied = #expect(throws: SQLiteError.self) { try connection.prepare("SELECT 1") }
      #expect(denied?.isDenied == true)
      connection.setAuthorizer(nil)
      var calls = 0
      connection.setProgressHandler {
        calls += 1
        return calls < 10
      }
      let endless = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n"
      let statement = try connection.prepare(endless)
      let stopped = #expect(throws: SQLiteError.self) { try statement.step() }
      #expect(stopped?.isInterrupted == true)
    }
  }
}
