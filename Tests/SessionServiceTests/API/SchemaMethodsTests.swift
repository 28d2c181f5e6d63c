import Testing
import Wire

@testable import SessionService

@Suite(.timeLimit(.minutes(1)))
struct SchemaMethodsTests {
  private static func report(_ table: String, version: UInt64 = 1) -> SchemaReport {
    .with { report in
      report.dbConnectionId = "flights"
      report.connectionVersion = version
      report.nodeName = "n"
      report.scan = .with { $0.tables = [.with { ($0.name, $0.rows) = (table, 7) }] }
    }
  }

  private func state(_ service: TestService, known: Timestamp = Timestamp()) async throws -> SchemaState {
    let request = SchemaGetRequest.with { ($0.dbConnectionId, $0.knownScan) = ("flights", known) }
    return try await service.admin.call(Methods.schemaGet, request).message
  }

  @Test func aScanIsKeptUntilTheNextAndLeftOutForWhoeverHasIt() async throws {
    try await withService { service in
      try await service.makeConnection()
      #expect(try await state(service) == SchemaState())
      let agent = service.client(try await service.makeKey(.agent))
      _ = try await agent.call(Methods.schemaReport, Self.report("airlines"))
      let first = try await state(service)
      #expect(first.scan?.tables.map(\.name) == ["airlines"])
      #expect(first.scan?.scannedAt == first.scannedAt && first.scannedAt.microseconds > 0)
      #expect(try await state(service, known: first.scannedAt).scan == nil)
      // A report without a scan says how it stands, and takes nothing away.
      service.world.advance(milliseconds: 1_000)
      var failed = Self.report("x")
      failed.scan = nil
      failed.error = WireError(.databaseUnavailable, "gone")
      _ = try await agent.call(Methods.schemaReport, failed)
      let second = try await state(service)
      #expect(second.scan?.tables.map(\.name) == ["airlines"])
      #expect(second.error?.errorCode == .databaseUnavailable)
      #expect(second.checkedAt > second.scannedAt)
      _ = try await agent.call(Methods.schemaReport, Self.report("planes"))
      let third = try await state(service, known: first.scannedAt)
      #expect(third.scan?.tables.map(\.name) == ["planes"])
      #expect(third.error == nil)
      await agent.close()
    }
  }

  @Test func aReportAboutAnotherDatabaseUnderTheSameAliasIsRefusedAndItsScanGoes() async throws {
    try await withService { service in
      try await service.makeConnection()
      let agent = service.client(try await service.makeKey(.agent))
      _ = try await agent.call(Methods.schemaReport, Self.report("airlines"))
      let update = ConnectionUpdateRequest.with { ($0.id, $0.uri) = ("flights", "sqlite:///other.db") }
      _ = try await service.admin.call(Methods.connectionUpdate, update)
      #expect(try await state(service).scan == nil)
      await expectError(.staleVersion) { _ = try await agent.call(Methods.schemaReport, Self.report("airlines")) }
      await expectError(.notFound) {
        var report = Self.report("airlines")
        report.dbConnectionId = "nowhere"
        _ = try await agent.call(Methods.schemaReport, report)
      }
      await agent.close()
    }
  }

  @Test func anAttachedNodeIsToldToLookAndNobodyElse() async throws {
    try await withService { service in
      try await service.makeConnection()
      let request = SchemaRefreshRequest.with { $0.dbConnectionId = "flights" }
      await expectError(.unavailable) { _ = try await service.admin.call(Methods.schemaRefresh, request, timeout: .seconds(1)) }
      let node = try await TestNode(service, name: "looker")
      #expect(try await service.admin.call(Methods.schemaRefresh, request).message.nodeName == "looker")
      let order = try #require(try await node.next().schema)
      #expect(order.connection?.id == "flights")
      #expect(order.connection?.uri.contains("***") == false)
      await node.disconnect()
    }
  }
}
