import Testing
import Wire

@testable import SessionService

@Suite struct RecallTests {
  private func remember(
    _ test: TestService, _ key: String, _ content: String, scope: String = "",
    _ change: (inout MemoryRememberRequest) -> Void = { _ in }
  ) async throws {
    var request = MemoryRememberRequest.with {
      ($0.dbConnectionId, $0.scope, $0.namespace, $0.key, $0.content) = ("flights", scope, "facts", key, content)
    }
    change(&request)
    _ = try await test.admin.call(Methods.memoryRemember, request)
  }

  private func recall(
    _ test: TestService, _ query: String, session: String = "", limit: UInt32 = 10, namespace: String = ""
  ) async throws -> [MemoryHit] {
    try await test.admin.call(
      Methods.memoryRecall,
      .with {
        ($0.dbConnectionId, $0.sessionId, $0.query, $0.limit, $0.namespace) = ("flights", session, query, limit, namespace)
        $0.explain = true
      }
    ).message.hits
  }

  private func keys(_ test: TestService, _ query: String, session: String = "") async throws -> [String] {
    try await recall(test, query, session: session).compactMap { $0.memory?.key }
  }

  @Test func slipsOfThePenFindWhatWasMeant() async throws {
    try await withService { test in
      try await test.makeConnection()
      try await remember(test, "revenue", "Revenue is price times quantity")
      try await remember(test, "region", "Regions are in table area")
      try await remember(test, "code", "Carrier UA17 is net_revenue_x")
      for query in ["revenu", "revneue", "rvenue", "revenuue", "ervenue", "xevenue"] {
        #expect(try await keys(test, query).first == "revenue", "\(query)")
      }
      #expect(try await keys(test, "quantitties") == ["revenue"])
      // Two slips are for long words; a word of three letters has none; digits and names are never mended.
      for query in ["rgeoin", "are", "UA18", "net_revenue_y2"] {
        let found = try await recall(test, query)
        #expect(found.allSatisfy { $0.parts?.words.allSatisfy { $0.correctedFrom.isEmpty } ?? true }, "\(query)")
      }
      // A slip that makes another stem of the word: capit is three edits from captial.
      try await remember(test, "seat", "The capital city")
      #expect(try await keys(test, "captial") == ["seat"])
      let words = try await recall(test, "revneue price").first?.parts?.words ?? []
      #expect(words.contains { $0.term == "revenu" && $0.correctedFrom == "revneu" })
      #expect(words.contains { $0.term == "price" && $0.correctedFrom.isEmpty })
    }
  }

  @Test func theWordsOfAnotherScopeAreNoCorrections() async throws {
    try await withService { test in
      try await test.makeConnection()
      let (one, two) = (try await test.makeSession().id, try await test.makeSession().id)
      try await remember(test, "secret", "The acquisition of Globex", scope: one)
      #expect(try await keys(test, "aquisition", session: one) == ["secret"])
      #expect(try await keys(test, "aquisition", session: two) == [])
      #expect(try await keys(test, "acquisition") == [])
    }
  }

  @Test func theExactKeyComesFirstAndTheRestByWords() async throws {
    try await withService { test in
      try await test.makeConnection()
      try await remember(test, "net_revenue", "Without returns") { $0.importance = 0 }
      try await remember(test, "gross", "Not net_revenue: net_revenue net_revenue") { $0.importance = 1 }
      let hits = try await recall(test, "net_revenue")
      #expect(hits.compactMap { $0.memory?.key } == ["net_revenue", "gross"])
      #expect(hits.map { $0.parts?.exactKey } == [true, false])
    }
  }

  @Test func theScoreIsItsParts() async throws {
    try await withService { test in
      try await test.makeConnection()
      try await remember(test, "a", "delay delay minutes") { $0.importance = 1 }
      try await remember(test, "b", "delay of trains") { $0.importance = 0 }
      test.world.advance(milliseconds: 30 * 24 * 3_600_000)
      let hits = try await recall(test, "delay minutes")
      let parts = hits.compactMap(\.parts)
      #expect(hits.count == 2 && parts.count == 2)
      for (hit, part) in zip(hits, parts) {
        #expect(abs(hit.score - part.relevance * part.importanceFactor * part.recencyFactor) < 1e-12)
        #expect(abs(part.bm25 - part.words.reduce(0) { $0 + $1.score }) < 1e-9)
        #expect(abs(part.recencyFactor - 0.925) < 1e-9, "half of 0.15 is gone after a half-life")
      }
      #expect(parts.map(\.importanceFactor) == [1, 0.7])
      #expect(parts[0].lexical == 1 && parts[1].lexical < 1)
    }
  }

  @Test func nothingToSearchForListsWhatMattersMost() async throws {
    try await withService { test in
      try await test.makeConnection()
      for (key, importance) in [("low", 0.1), ("high", 0.9), ("middle", 0.5)] {
        try await remember(test, key, "x") { $0.importance = importance }
      }
      #expect(try await keys(test, "") == ["high", "middle", "low"])
      // Stop words alone are nothing to search for; words that nothing has are.
      #expect(try await keys(test, "what is the") == ["high", "middle", "low"])
      #expect(try await keys(test, "zanzibar") == [])
    }
  }

  @Test func aNamespaceIsSearchedHoweverManyOthersFitBetter() async throws {
    try await withService { test in
      try await test.makeConnection()
      for number in 0..<80 { try await remember(test, "k\(number)", "delay delay") }
      try await remember(test, "deep", "something about a delay") { $0.namespace = "rules/sales" }
      let hits = try await recall(test, "delay", namespace: "rules")
      #expect(hits.compactMap { $0.memory?.key } == ["deep"])
    }
  }

  /// Few documents are looked at one by one, many by what the words found: both find the same.
  @Test(arguments: [20, 1_200]) func aSmallAndALargeNamespaceKeepToThemselves(_ count: Int) async throws {
    try await withService { test in
      try await test.makeConnection()
      let memories = (0..<count * 2).map { number -> Memory in
        .with { memory in
          (memory.scope, memory.namespace, memory.key) = ("shared", number % 2 == 0 ? "rules/a" : "rulesets/a", "k\(number)")
          memory.content = number == 7 || number == 8 ? "a delay of flights" : "a delay"
          (memory.value, memory.importance) = ("{}", 0.5)
          (memory.createdAt, memory.updatedAt) = (Timestamp(microseconds: 1), Timestamp(microseconds: 1))
        }
      }
      for start in stride(from: 0, to: memories.count, by: 200) {
        _ = try await test.admin.call(
          Methods.memoryImport,
          .with { ($0.dbConnectionId, $0.memories) = ("flights", Array(memories[start..<min(start + 200, memories.count)])) })
      }
      let hits = try await recall(test, "delayed flights", namespace: "rules")
      #expect(hits.count == 10 && hits.first?.memory?.key == "k8")
      #expect(hits.allSatisfy { $0.memory?.namespace == "rules/a" })
      #expect(hits.first?.parts?.words.count == 2)
      #expect(try await recall(test, "flights", namespace: "rules/a/b") == [])
      // What moved away is not found where it was.
      _ = try await test.admin.call(
        Methods.memoryForget, .with { ($0.dbConnectionId, $0.namespace) = ("flights", "rules") })
      #expect(try await recall(test, "delayed flights", namespace: "rules") == [])
    }
  }

  @Test func whatStandsAroundCountsHalf() async throws {
    try await withService { test in
      try await test.makeConnection()
      try await remember(test, "around", "the question") { $0.neighbours = "zanzibar trip" }
      try await remember(test, "itself", "zanzibar trip") { $0.neighbours = "the question" }
      let hits = try await recall(test, "zanzibar")
      #expect(hits.compactMap { $0.memory?.key } == ["itself", "around"])
      #expect(hits.compactMap { $0.parts?.words.first?.frequency } == [1, 0.5])
    }
  }

  /// A store whose words an older version found is indexed again.
  @Test func anOldIndexIsMadeAnew() async throws {
    try await withService { test in
      try await test.makeConnection()
      for number in 0..<150 { try await remember(test, "k\(number)", "delay number\(number)") }
      try await test.service.store.write { (transaction) throws(WireError) in try TermIndexRepository.clear(in: transaction) }
      #expect(try await keys(test, "number149") == [])
      try await test.service.housekeeping.indexMemories()
      #expect(try await keys(test, "number149") == ["k149"])
      #expect(try await keys(test, "number0") == ["k0"])
    }
  }

  @Test func aThousandSessionsThatTryFindNothingOfEachOther() async throws {
    try await withService { test in
      try await test.makeConnection()
      var sessions: [String] = []
      for _ in 0..<1_000 { sessions.append(try await test.makeSession().id) }
      for (number, session) in sessions.enumerated() {
        try await remember(test, "own", "the passphrase of session number\(number) is albatross", scope: session)
      }
      var leaks = 0
      for (number, session) in sessions.enumerated() {
        for query in ["passphrase albatross", "own", "pasphrase", "number\((number + 1) % 1_000)", "", session] {
          let hits = try await recall(test, query, session: session, limit: 100)
          leaks += hits.count { $0.memory?.scope != session }
          if query == "own" { #expect(hits.count == 1) }
        }
      }
      #expect(leaks == 0)
    }
  }
}
