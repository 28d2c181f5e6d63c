import Foundation
import Logging
import Synchronization
import Telemetry
import Testing
import Wire

@testable import SessionService

/// The disk fills, or is taken away, while the service runs.
@Suite struct FullDiskTests {
  private func watch(_ test: TestService, free: @escaping @Sendable () -> Int?) -> StoreWatch {
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    return StoreWatch(store: test.service.store, figures: test.service.store.figures, logger: logger, freeBytes: free)
  }

  private func code(_ body: () async throws -> Void) async -> ErrorCode? {
    do {
      try await body()
      return nil
    } catch { return (error as? WireError)?.errorCode }
  }

  private func readyStatus(_ test: TestService) async -> Int? {
    await StatusRoutes(service: test.service, metrics: PrometheusMetrics()).routes["/readyz"]?().status
  }

  @Test func theLastOfTheDiskIsKeptForWhatFreesRoom() async throws {
    try await withService { test in
      try await test.makeConnection()
      let (first, second) = (try await test.makeSession().id, try await test.makeSession().id)
      let task = try await test.admin.call(Methods.taskSubmit, .with { ($0.sessionId, $0.prompt) = (second, "x") }).message.id
      let free = Mutex(DiskRoom.reserveBytes - 1)
      let watch = watch(test) { free.withLock { $0 } }
      await watch.look()
      let create = SessionCreateRequest.with { $0.dbConnectionId = "flights" }
      #expect(
        await code { _ = try await test.admin.call(Methods.sessionCreate, create, timeout: .seconds(1)) } == .storageFull)
      #expect(await code { _ = try await test.admin.call(Methods.sessionDelete, .with { $0.id = first }) } == nil)
      #expect(await code { _ = try await test.admin.call(Methods.sessionList, SessionListRequest()) } == nil)
      // Everything that is asked about it says so.
      #expect(await readyStatus(test) == 503)
      let check = try await test.admin.call(Methods.serverCheck, Empty()).message
      #expect(!check.ok && check.findings.filter { !$0.ok }.map(\.name) == ["writing"])
      let why = try await test.admin.call(Methods.taskWhy, .with { $0.id = task }).message
      #expect(why.sentences.last?.contains("cannot write now") == true && why.sentences.last?.contains("MiB left") == true)
      free.withLock { $0 = DiskRoom.reserveBytes }
      await watch.look()
      #expect(await code { _ = try await test.makeSession() } == nil)
      #expect(await readyStatus(test) == 200)
    }
  }

  @Test(arguments: [
    (DiskRoom.reserveBytes, 0, DiskRoom.enough),
    (DiskRoom.reserveBytes - 1, DiskRoom.reserveBytes, .little),
    (DiskRoom.reserveBytes - 1, DiskRoom.reserveBytes - 1, .none(freeBytes: DiskRoom.reserveBytes - 1)),
    (DiskRoom.leastBytes - 1, DiskRoom.reserveBytes * 9, .none(freeBytes: DiskRoom.leastBytes - 1)),
  ]) func roomIsWhatIsFreeOnTheDiskAndInTheFile(free: Int, reusable: Int, room: DiskRoom) async {
    #expect(await DiskRoom(freeBytes: free) { reusable } == room)
    #expect((room.refusal == nil) == (free >= DiskRoom.reserveBytes || room == .little))
  }

  /// After a failure nobody may dare to write, so the watch does.
  @Test func aStoreThatCanBeWrittenAgainSaysSo() async throws {
    try await withService { test in
      let figures = test.service.store.figures
      figures.failed(WireError(.storageFull, "full"), isForGood: false)
      #expect(await readyStatus(test) == 503)
      // A transaction that changes nothing proves nothing.
      try await test.service.store.write { (_) throws(WireError) in }
      #expect(figures.snapshot.trouble != nil && figures.snapshot.failedCommits == 1)
      await watch(test) { nil }.look()
      #expect(figures.snapshot.trouble == nil)
      #expect(await readyStatus(test) == 200)
    }
  }

  @Test(arguments: ["kai.db", "kai.db-wal", ""]) func aFileThatIsRemovedTakesNothingMore(_ name: String) async throws {
    let folder = try TemporaryFolder()
    let test = try await TestService.start(folder)
    try await test.makeConnection()
    _ = try await test.makeSession()
    let lost = folder.path + "/data" + (name.isEmpty ? "" : "/" + name)
    try FileManager.default.moveItem(atPath: lost, toPath: folder.path + "/elsewhere")
    // It is noticed when nobody writes, too.
    await watch(test) { nil }.look()
    #expect(await readyStatus(test) == 503)
    #expect(await code { _ = try await test.makeSession() } == .storageFailed)
    // It does not become good by itself: what was written meanwhile is nowhere.
    try FileManager.default.moveItem(atPath: folder.path + "/elsewhere", toPath: lost)
    #expect(await code { _ = try await test.makeSession() } == .storageFailed)
    await test.stop()
  }

  /// SQLite maps the index of its log into memory, and to touch a page for which the disk has no room ends the process.
  @Test func theIndexOfTheLogHasItsRoomFromTheStartOn() async throws {
    let folder = try TemporaryFolder()
    let test = try await TestService.start(folder)
    var status = stat()
    #expect(stat(folder.path + "/data/kai.db-shm", &status) == 0)
    #expect(status.st_size == 1_048_576 && status.st_blocks * 512 >= 1_048_576)
    await test.stop()
  }
}
