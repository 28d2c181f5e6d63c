import Foundation
import Logging
import SQLite
import Testing
import Wire

@testable import SessionService

/// A folder that has lost its database, or has another program's, is refused, and nothing in it is touched.
@Suite struct LostDataTests {
  private func open(_ folder: String, key: String? = nil) async throws(WireError) -> SessionService {
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    return try await SessionService(dataFolder: folder, masterKeyFile: key, logger: logger)
  }

  private func start(_ folder: String, key: String? = nil) async throws(WireError) {
    try await open(folder, key: key).close()
  }

  private func failure(_ folder: String, key: String? = nil) async -> WireError? {
    do throws(WireError) {
      try await start(folder, key: key)
      return nil
    } catch { return error }
  }

  /// What a folder has when its machine loses power, but without the database's log.
  private func copyWithoutLog(_ folder: String, to copy: String) throws {
    try FileManager.default.createDirectory(atPath: copy, withIntermediateDirectories: true)
    for name in try FileManager.default.contentsOfDirectory(atPath: folder) where !["kai.db-wal", "kai.db-shm"].contains(name) {
      try FileManager.default.copyItem(atPath: folder + "/" + name, toPath: copy + "/" + name)
    }
  }

  @Test func aFolderWithoutItsDatabaseIsNoFirstStart() async throws {
    let folder = try TemporaryFolder()
    let data = folder.path + "/data"
    try await start(data)
    let log = Data("the log of a database that is elsewhere".utf8)
    for isEmpty in [false, true] {
      try FileManager.default.removeItem(atPath: data + "/kai.db")
      if isEmpty { try Data().write(to: URL(filePath: data + "/kai.db")) }
      try log.write(to: URL(filePath: data + "/kai.db-wal"))
      let error = await failure(data)
      #expect(error?.errorCode == .corrupt, "\(error as Any)")
      for name in ["master.key", "admin.key", "kai.db-wal"] { #expect(error?.message.contains(name) == true) }
      #expect(try Data(contentsOf: URL(filePath: data + "/kai.db-wal")) == log)
      if !isEmpty { try Data().write(to: URL(filePath: data + "/kai.db")) }
    }
  }

  /// Until the first checkpoint everything that was acknowledged stands in the log, and the database is an empty page.
  @Test(arguments: [false, true]) func aDatabaseWithoutTheLogThatHeldItsTablesIsLost(_ bringsKey: Bool) async throws {
    let folder = try TemporaryFolder()
    let (data, copy) = (folder.path + "/data", folder.path + "/copy")
    var key: String?
    if bringsKey {
      key = folder.path + "/brought.key"
      try Data(repeating: 7, count: 32).write(to: URL(filePath: folder.path + "/brought.key"))
    }
    let service = try await open(data, key: key)
    try copyWithoutLog(data, to: copy)
    service.close()
    let before = try Data(contentsOf: URL(filePath: copy + "/kai.db"))
    #expect(!before.isEmpty && !FileManager.default.fileExists(atPath: copy + "/first-start"))
    let error = await failure(copy, key: key)
    #expect(error?.errorCode == .corrupt && error?.message.contains("kai.db-wal") == true, "\(error as Any)")
    #expect(try Data(contentsOf: URL(filePath: copy + "/kai.db")) == before)
    // Within a first start there was nothing to lose.
    try Data().write(to: URL(filePath: copy + "/first-start"))
    #expect(await failure(copy, key: key) == nil)
    #expect(await failure(data, key: key) == nil)
  }

  @Test func whatAnotherProgramHasPendingIsLeftAlone() async throws {
    let folder = try TemporaryFolder()
    let (other, data) = (folder.path + "/other.db", folder.path + "/data")
    try FileManager.default.createDirectory(atPath: data, withIntermediateDirectories: true)
    let connection = try SQLiteConnection(path: other, access: .readWriteCreate)
    try connection.execute(
      script: "CREATE TABLE photos (id INTEGER); PRAGMA journal_mode = WAL; INSERT INTO photos VALUES (1)")
    for suffix in ["", "-wal"] { try FileManager.default.copyItem(atPath: other + suffix, toPath: data + "/kai.db" + suffix) }
    try Data(repeating: 1, count: 32).write(to: URL(filePath: data + "/master.key"))
    let before = try ["", "-wal"].map { try Data(contentsOf: URL(filePath: data + "/kai.db" + $0)) }
    #expect(before[1].count > 0)
    #expect(await failure(data)?.errorCode == .failedPrecondition)
    #expect(try ["", "-wal"].map { try Data(contentsOf: URL(filePath: data + "/kai.db" + $0)) } == before)
    #expect(!FileManager.default.fileExists(atPath: data + "/kai.db-shm"))
  }

  @Test func aFirstStartThatWasCutOffGoesOn() async throws {
    let folder = try TemporaryFolder()
    let data = folder.path + "/data"
    try await start(data)
    for name in ["kai.db", "admin.key"] { try FileManager.default.removeItem(atPath: data + "/" + name) }
    try Data().write(to: URL(filePath: data + "/first-start"))
    #expect(await failure(data) == nil)
    #expect(!FileManager.default.fileExists(atPath: data + "/first-start"))
  }

  @Test func anotherProgramsDatabaseIsLeftAlone() async throws {
    let folder = try TemporaryFolder()
    for script in ["CREATE TABLE photos (id INTEGER)", "PRAGMA application_id = 7"] {
      let data = folder.path + "/\(script.count)"
      try FileManager.default.createDirectory(atPath: data, withIntermediateDirectories: true)
      do {
        let other = try SQLiteConnection(path: data + "/kai.db", access: .readWriteCreate)
        try other.execute(script: script + "; CREATE TABLE IF NOT EXISTS photos (id INTEGER)")
      }
      try Data(repeating: 1, count: 32).write(to: URL(filePath: data + "/master.key"))
      let before = try Data(contentsOf: URL(filePath: data + "/kai.db"))
      #expect(await failure(data)?.errorCode == .failedPrecondition)
      #expect(try Data(contentsOf: URL(filePath: data + "/kai.db")) == before)
    }
  }

  @Test func theServicesDatabaseSaysWhoseItIs() async throws {
    let folder = try TemporaryFolder()
    try await start(folder.path + "/data")
    let header = try Data(contentsOf: URL(filePath: folder.path + "/data/kai.db")).dropFirst(68).prefix(4)
    #expect(Array(header) == Array("KAI1".utf8))
  }
}
