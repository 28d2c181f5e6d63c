import Testing
import Wire

@testable import SessionService

/// One user's large texts must not make a list unreadable for everybody: pages end by bytes.
@Suite struct LargePagesTests {
  private static let large = "{\"k\":\"" + String(repeating: "x", count: 60_000) + "\"}"

  @Test func sessionsWithLargeMetadataAreListedInMorePages() async throws {
    try await withService { test in
      try await test.makeConnection()
      for _ in 0..<90 { _ = try await test.makeSession { $0.metadata = Self.large } }
      var seen: Set<String> = []
      var cursor = ""
      repeat {
        let page = try await test.admin.call(
          Methods.sessionList, .with { $0.page = .with { ($0.limit, $0.cursor) = (1_000, cursor) } }
        ).message
        #expect(!page.sessions.isEmpty && page.total == 90)
        seen.formUnion(page.sessions.map(\.id))
        cursor = page.nextCursor
      } while !cursor.isEmpty
      #expect(seen.count == 90)
    }
  }

  @Test func connectionsWithLongDescriptionsAreListedInMorePages() async throws {
    try await withService { test in
      let description = String(repeating: "d", count: Limits.titleBytes)
      let uri = "sqlite:///" + String(repeating: "u", count: 3_000)
      try await test.service.store.write { (transaction) throws(WireError) in
        for number in 0..<1_100 {
          try transaction.execute(
            """
            INSERT INTO connections (id, dialect, sealed_uri, masked_uri, description, created_at, updated_at, version)
            VALUES (?, 1, x'', ?, ?, 1, 1, 1)
            """, [.text("c\(number)"), .text(uri), .text(description)])
        }
      }
      let page = try await test.admin.call(Methods.connectionList, .with { $0.page = .with { $0.limit = 1_000 } }).message
      #expect((1..<1_000).contains(page.connections.count) && !page.nextCursor.isEmpty)
    }
  }

  @Test func aLongHistoryAndManyLargeHitsAreCutAndSaySo() async throws {
    try await withService { test in
      try await test.makeConnection()
      let place = MemoryRef.with { ($0.dbConnectionId, $0.namespace, $0.key) = ("flights", "facts", "k") }
      let content = "word " + String(repeating: "x", count: 60_000)
      for version in 0..<60 {
        _ = try await test.admin.call(
          Methods.memoryRemember,
          .with {
            ($0.dbConnectionId, $0.namespace, $0.key) = ("flights", "facts", "k")
            $0.content = content + "\(version)"
          })
      }
      let history = try await test.admin.call(Methods.memoryHistory, place).message
      #expect(history.versions.first?.version == 60 && history.versions.count < 60)
      #expect(history.versions.count + Int(history.omitted) == 60)
      var oldest = place
      oldest.version = 1
      #expect(try await test.admin.call(Methods.memoryGet, oldest).message.content == content + "0")
      for number in 0..<60 {
        _ = try await test.admin.call(
          Methods.memoryRemember,
          .with {
            ($0.dbConnectionId, $0.namespace, $0.key) = ("flights", "facts", "k\(number)")
            $0.content = content
          })
      }
      let hits = try await test.admin.call(
        Methods.memoryRecall, .with { ($0.dbConnectionId, $0.query, $0.limit) = ("flights", "word", 100) }
      ).message.hits
      #expect((1..<61).contains(hits.count))
    }
  }
}
