import Testing
import Wire

@testable import SessionService

@Suite struct SessionMethodsTests {
  @Test func aNewSessionHasTheDefaults() async throws {
    try await withService { test in
      try await test.makeConnection()
      let made = try await test.makeSession()
      #expect(Identifier.session.matches(made.id))
      #expect(made.status == .active)
      #expect(made.mode == .fullAutonomy)
      #expect(made.recursionLimit == 100)
      #expect(made.title == nil)
      #expect(made.metadata == "{}")
      #expect(made.version == 1)
      #expect(made.headStep == 0)
      #expect(try await test.admin.call(Methods.sessionGet, SessionRef(id: made.id)).message == made)
    }
  }

  @Test func anUpdateChangesWhatItNamesAndNothingElse() async throws {
    try await withService { test in
      try await test.makeConnection()
      let made = try await test.makeSession { request in
        request.title = "Delays"
        request.metadata = "{\"team\":\"ops\",\"year\":2013}"
      }
      test.world.advance(milliseconds: 5)
      let updated = try await test.admin.call(
        Methods.sessionUpdate,
        SessionUpdateRequest.with { update in
          update.id = made.id
          update.ifVersion = 1
          update.recursionLimit = 50
          update.metadataPatch = "{\"year\":null,\"tags\":[1]}"
        }
      ).message
      #expect(updated.recursionLimit == 50)
      #expect(updated.title == "Delays")
      #expect(updated.mode == .fullAutonomy)
      #expect(updated.metadata == "{\"team\":\"ops\",\"tags\":[1]}")
      #expect(updated.version == 2)
      #expect(updated.updatedAt > made.updatedAt)
      #expect(updated.createdAt == made.createdAt)
      let cleared = try await test.admin.call(
        Methods.sessionUpdate,
        SessionUpdateRequest.with { update in
          update.id = made.id
          update.title = ""
        }
      ).message
      #expect(cleared.title == nil)
    }
  }

  @Test func ofTwoChangesToOneVersionOneLoses() async throws {
    try await withService { test in
      try await test.makeConnection()
      let made = try await test.makeSession()
      var ref = SessionRef(id: made.id)
      ref.ifVersion = 1
      #expect(try await test.admin.call(Methods.sessionPause, ref).message.status == .paused)
      await expectError(.staleVersion) { _ = try await test.admin.call(Methods.sessionResume, ref) }
      ref.ifVersion = 2
      #expect(try await test.admin.call(Methods.sessionResume, ref).message.status == .active)
    }
  }

  @Test func aSessionGoesThroughItsLife() async throws {
    try await withService { test in
      try await test.makeConnection()
      let ref = SessionRef(id: try await test.makeSession().id)
      #expect(try await test.admin.call(Methods.sessionClose, ref).message.status == .completed)
      await expectError(.invalidTransition) { _ = try await test.admin.call(Methods.sessionPause, ref) }
      #expect(try await test.admin.call(Methods.sessionReopen, ref).message.status == .active)
      await expectError(.invalidTransition) { _ = try await test.admin.call(Methods.sessionReopen, ref) }
    }
  }

  @Test func pagesNeitherRepeatNorSkipWhileSessionsArrive() async throws {
    try await withService { test in
      try await test.makeConnection()
      var made: [String] = []
      for _ in 0..<7 { made.append(try await test.makeSession().id) }
      var seen: [String] = []
      var page = Page(limit: 3)
      var late = 0
      repeat {
        let list = try await test.admin.call(
          Methods.sessionList, SessionListRequest.with { $0.page = page }
        ).message
        #expect(list.total == UInt64(7 + late))
        seen += list.sessions.map(\.id)
        page.cursor = list.nextCursor
        _ = try await test.makeSession()
        late += 1
      } while !page.cursor.isEmpty
      #expect(seen == made.reversed())
    }
  }

  @Test func aListTakesFilters() async throws {
    try await withService { test in
      try await test.makeConnection("a")
      try await test.makeConnection("b")
      let first = try await test.makeSession(on: "a") { $0.title = "100% late_flights" }
      let second = try await test.makeSession(on: "b") { $0.title = "Late trains" }
      _ = try await test.admin.call(Methods.sessionPause, SessionRef(id: second.id))
      func ids(_ fill: (inout SessionListRequest) -> Void) async throws -> [String] {
        var request = SessionListRequest()
        fill(&request)
        let list = try await test.admin.call(Methods.sessionList, request).message
        #expect(list.total == UInt64(list.sessions.count))
        return list.sessions.map(\.id)
      }
      #expect(try await ids { $0.dbConnectionId = "a" } == [first.id])
      #expect(try await ids { $0.status = .paused } == [second.id])
      #expect(try await ids { $0.titleContains = "LATE" } == [second.id, first.id])
      // Characters of LIKE are what they are.
      #expect(try await ids { $0.titleContains = "late_" } == [first.id])
      #expect(try await ids { $0.titleContains = "%" } == [first.id])
    }
  }
}
