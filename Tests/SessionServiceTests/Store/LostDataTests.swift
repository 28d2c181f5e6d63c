import Foundation
import Logging
import SQLite
import Testing
import Wire

@testable import SessionService

/// A folder that has lost its database, or has another program's, is refused, and nothing in it is touched.
@Suite struct LostDataTests {
  private func start(_ folder: String) async throws(WireError) {
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    let service = try await SessionService(dataFolder: folder, logger: logger)
    service.close()
  }

  private func failure(_ folder: String) async -> WireError? {
    do throws(WireError) {
      try await start(folder)
      return nil
    } catch { return error }
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
