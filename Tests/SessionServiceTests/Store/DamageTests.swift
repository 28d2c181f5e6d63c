import Foundation
import Logging
import SQLite
import Testing

@testable import SessionService
@testable import Wire

/// Flips bits in the files of a service and sees that what they hit is named, and never served.
@Suite struct DamageTests {
  /// Flips one bit of the file where these bytes are.
  private func flip(_ needle: [UInt8], inFile path: String) throws {
    var file = try Data(contentsOf: URL(filePath: path))
    let place = try #require(file.range(of: Data(needle)), "the bytes are in the file")
    file[place.lowerBound + needle.count / 2] ^= 0x04
    try file.write(to: URL(filePath: path))
  }

  private func fetch(_ id: String, _ service: TestService, full: Bool = false) async throws -> [Checkpoint] {
    var found: [Checkpoint] = []
    let request = CheckpointFetchRequest.with { ($0.sessionId, $0.full) = (id, full) }
    for try await item in try service.admin.stream(Methods.checkpointFetch, request) { found.append(item.message) }
    return found
  }

  @Test func damagedStepsAndArtifactsAreNamedAndNotServed() async throws {
    let folder = try TemporaryFolder()
    var service = try await TestService.start(folder)
    try await service.makeConnection()
    let session = try await service.makeSession()
    try await service.appendSteps(9, to: session.id, snapshotAt: [4, 7])
    let content = (0..<700_000).map { UInt8(truncatingIfNeeded: ($0 &* 2_654_435_761) >> 9) }
    try await service.putArtifact(session.id, "rows.csv", content)
    try await service.putArtifact(session.id, "sound.txt", Array("sound".utf8))
    let whole = service.service.scrub
    #expect(try await whole.pass() == 0)
    await service.stop()

    let database = folder.path + "/data/kai.db"
    try flip(Array("body 3".utf8), inFile: database)
    try flip(Array("snapshot 7".utf8), inFile: database)
    // In the middle of the second chunk, after what fits into the first pages.
    try flip(Array(content[400_000..<400_064]), inFile: database)

    service = try await TestService.start(folder)
    // A snapshot that is damaged is made up for by an older one and the steps behind it.
    await expectError(.corrupt) { _ = try await fetch(session.id, service, full: true) }
    #expect(try await fetch(session.id, service).map(\.step) == [4, 5, 6, 7, 8, 9])
    await expectError(.corrupt) { _ = try await service.getArtifact(session.id, "rows.csv") }
    #expect(try await service.getArtifact(session.id, "sound.txt").content == Array("sound".utf8))
    #expect(try await service.service.scrub.pass() == 3)
    #expect(try await service.service.scrub.pass() == 0, "each is told once")
    let check = try await service.admin.call(Methods.serverCheck, Empty()).message
    let detail = try #require(check.findings.first { $0.name == "stored bytes" }).detail
    #expect(!check.ok)
    for part in ["step 3 of session \(session.id)", "step 7 of session \(session.id)", "'rows.csv' of session \(session.id)"] {
      #expect(detail.contains(part) || detail.contains(part.replacing("'", with: "\"")), "\(detail)")
    }
    // Neither is in an export, and what is written anew is sound again.
    await expectError(.corrupt) {
      for try await _ in try service.admin.stream(Methods.sessionExport, SessionExportRequest(id: session.id)) {}
    }
    service.world.advance(milliseconds: 10)
    try await service.putArtifact(session.id, "rows.csv", content)
    #expect(try await service.getArtifact(session.id, "rows.csv").content == content)
    #expect(try await service.service.scrub.pass() == 0)
    let after = try await service.admin.call(Methods.serverCheck, Empty()).message
    #expect(after.findings.first { $0.name == "stored bytes" }?.detail.contains("rows.csv") == false)
    await service.stop()
  }

  /// A database of five commits in its log, as a process that was killed leaves it.
  private func makeLog(_ folder: TemporaryFolder, commits: Int = 5) throws -> (database: String, log: Data) {
    let path = folder.path + "/live.db"
    let connection = try SQLiteConnection(path: path, access: .readWriteCreate)
    try connection.execute(
      script: "PRAGMA page_size = 8192; PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; CREATE TABLE t (a)")
    for number in 0..<commits { try connection.execute(script: "INSERT INTO t VALUES ('row \(number)')") }
    let copy = folder.path + "/kai.db"
    try Data(contentsOf: URL(filePath: path)).write(to: URL(filePath: copy))
    return (copy, try Data(contentsOf: URL(filePath: path + "-wal")))
  }

  @Test func aLogIsDamagedOnlyWhereAcknowledgedCommitsWouldBeForgotten() throws {
    let folder = try TemporaryFolder()
    let (database, log) = try makeLog(folder)
    let frameBytes = 24 + 8_192
    let frames = (log.count - 32) / frameBytes
    #expect(frames >= 6 && 32 + frames * frameBytes == log.count)
    func check(_ log: Data) throws -> WriteAheadLogCheck? {
      try log.write(to: URL(filePath: database + "-wal"))
      return try WriteAheadLogCheck(path: database + "-wal")
    }
    #expect(try check(log) == nil)
    // Cut off anywhere: a crash may have done that.
    for length in stride(from: 0, through: log.count, by: 1_777) { #expect(try check(log.prefix(length)) == nil, "\(length)") }
    // A flip in the last commit may be a torn write; any other is damage.
    for frame in 0..<frames {
      for offset in [0, 5, 10, 17, 24, 3_000, frameBytes - 1] {
        var flipped = log
        flipped[32 + frame * frameBytes + offset] ^= 0x20
        let found = try check(flipped)
        // What changes a frame's own checksum makes the next one unsound too.
        let last = (16..<24).contains(offset) ? frames - 3 : frames - 2
        if frame < last {
          #expect(found?.damagedFrame == frame + 1, "frame \(frame) offset \(offset)")
          #expect((found?.commits ?? 0) >= 2)
        } else if frame == frames - 1 {
          #expect(found == nil, "frame \(frame) offset \(offset)")
        }
      }
    }
    var header = log
    header[9] ^= 1
    // Of the header only what SQLite looks at counts: a page size that cannot be is no log.
    _ = try check(header)
    header = log
    header[17] ^= 1
    #expect(try check(header)?.damagedFrame == 0)
    #expect(try WriteAheadLogCheck(path: folder.path + "/none") == nil)
  }

  /// What a folder is like when its process was killed, and then somebody takes from its log.
  @Test(arguments: ["missing", "empty", "half", "no header", "sound", "copied and missing"])
  func aLogThatIsShorterThanItsIndexSaysIsRefused(_ kind: String) async throws {
    let folder = try TemporaryFolder()
    let (path, copy) = (folder.path + "/kai.db", folder.path + "/copy.db")
    let table = Migration(number: 1, name: "one", statements: ["CREATE TABLE t (a TEXT)"])
    var options = SQLiteStoreOptions(surroundings: .system)
    if kind == "copied and missing" { options.checkpointPages = 1 }
    let store = try SQLiteStore(path: path, options: options, migrations: [table])
    for number in 0..<40 {
      try await store.write { (transaction) throws(WireError) in
        _ = try transaction.execute("INSERT INTO t VALUES (?)", [.text("row \(number)")])
      }
    }
    // The writer copies the log after it has answered.
    if kind == "copied and missing" {
      let deadline = ContinuousClock.now + .seconds(10)
      while WriteAheadLogIndex(path: path + "-shm").map({ $0.copiedFrames == $0.frames }) != true, .now < deadline {
        try await Task.sleep(for: .milliseconds(2))
      }
    }
    for end in ["", "-wal", "-shm"] { try FileManager.default.copyItem(atPath: path + end, toPath: copy + end) }
    store.close()
    let log = try Data(contentsOf: URL(filePath: copy + "-wal"))
    let taken: Data? =
      switch kind {
      case "empty": Data()
      case "half": log.prefix(log.count / 2)
      case "no header": Data(count: 4_096) + log.dropFirst(4_096)
      case "sound": log
      default: nil
      }
    try FileManager.default.removeItem(atPath: copy + "-wal")
    try taken?.write(to: URL(filePath: copy + "-wal"))
    func rows() async throws -> Int {
      let store = try SQLiteStore(path: copy, options: options, migrations: [table])
      defer { store.close() }
      return try await store.read { (transaction) throws(WireError) in
        try transaction.query("SELECT a FROM t", []) { (row) in row.text(0) }.count
      }
    }
    // Nothing is missed when the log holds it, or the database does.
    if kind == "sound" || kind == "copied and missing" { return #expect(try await rows() == 40) }
    let error = await #expect(throws: WireError.self) { try await rows() }
    #expect(error?.errorCode == .corrupt && error?.message.contains("kai.db-wal") == false, "\(error as Any)")
    #expect(error?.message.contains("copy.db-wal' is missing or cut off") == true, "\(error as Any)")
    options.acceptsDamagedLog = true
    #expect(try await rows() < 40)
  }

  @Test func aDamagedLogIsRefusedUntilItsLossIsAccepted() throws {
    let folder = try TemporaryFolder()
    let (database, log) = try makeLog(folder)
    var flipped = log
    flipped[32 + 24 + 100] ^= 1
    try flipped.write(to: URL(filePath: database + "-wal"))
    var options = SQLiteStoreOptions(surroundings: .system)
    let error = #expect(throws: WireError.self) { _ = try SQLiteStore(path: database, options: options, migrations: []) }
    #expect(error?.errorCode == .corrupt && error?.message.contains("acknowledged commits") == true)
    #expect(try Data(contentsOf: URL(filePath: database + "-wal")) == flipped, "nothing was changed")
    options.acceptsDamagedLog = true
    try SQLiteStore(path: database, options: options, migrations: []).close()
    #expect(try Data(contentsOf: URL(filePath: database + "-wal.damaged")) == flipped)
  }

  @Test func aStoreIsCopiedBeforeItIsBroughtForward() async throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/kai.db"
    let first = Migration(number: 1, name: "one", statements: ["CREATE TABLE t (a TEXT)"])
    let second = Migration(number: 2, name: "two", statements: ["DROP TABLE t"])
    let options = SQLiteStoreOptions(surroundings: .system)
    var store = try SQLiteStore(path: path, options: options, migrations: [first])
    try await store.write { (transaction) throws(WireError) in _ = try transaction.execute("INSERT INTO t VALUES ('kept')") }
    store.close()
    #expect(!FileManager.default.fileExists(atPath: path + ".before-1"), "a new one has nothing to keep")
    store = try SQLiteStore(path: path, options: options, migrations: [first, second])
    store.close()
    // The old version goes back with the copy, and refuses what the new one wrote.
    let error = #expect(throws: WireError.self) { _ = try SQLiteStore(path: path, options: options, migrations: [first]) }
    #expect(error?.errorCode == .failedPrecondition)
    store = try SQLiteStore(path: path + ".before-2", options: options, migrations: [first])
    let rows = try await store.read { (transaction) throws(WireError) in
      try transaction.query("SELECT a FROM t", []) { (row) in row.text(0) }
    }
    #expect(rows == ["kept"])
    store.close()
  }
}
