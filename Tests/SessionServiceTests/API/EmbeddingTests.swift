import Testing
import Wire

@testable import SessionService

@Suite(.timeLimit(.minutes(1)))
struct EmbeddingTests {
  private func remember(_ test: TestService, _ key: String, _ content: String, scope: String = "") async throws {
    _ = try await test.admin.call(
      Methods.memoryRemember,
      .with { ($0.dbConnectionId, $0.scope, $0.namespace, $0.key, $0.content) = ("flights", scope, "facts", key, content) })
  }

  private func vector(_ values: Int8...) -> [UInt8] { values.map { UInt8(bitPattern: $0) } }

  private func missing(
    _ agent: WireClient, _ model: String, cursor: String = "", limit: UInt32 = 0
  ) async throws -> UnembeddedMemories {
    try await agent.call(
      Methods.embeddingMissing, .with { ($0.model, $0.cursor, $0.limit) = (model, cursor, limit) }
    ).message
  }

  private func embed(_ agent: WireClient, _ model: String, _ memories: [MemoryText], _ vectors: [[UInt8]]) async throws {
    _ = try await agent.call(
      Methods.embeddingPut,
      .with { request in
        request.model = model
        request.vectors = zip(memories, vectors).map { memory, vector in
          .with { ($0.id, $0.version, $0.vector) = (memory.id, memory.version, vector) }
        }
      })
  }

  private func recall(
    _ test: TestService, _ query: String, _ model: String, _ vector: [UInt8], session: String = ""
  ) async throws -> [MemoryHit] {
    try await test.admin.call(
      Methods.memoryRecall,
      .with {
        ($0.dbConnectionId, $0.sessionId, $0.query, $0.explain) = ("flights", session, query, true)
        $0.embedding = .with { ($0.model, $0.vector) = (model, vector) }
      }
    ).message.hits
  }

  @Test func whatHasNoVectorIsFetchedAndFoundByItsLikenessAfterwards() async throws {
    try await withService { test in
      try await test.makeConnection()
      let agent = test.client(try await test.makeKey(.agent))
      try await remember(test, "late", "a flight is late after 15 minutes")
      try await remember(test, "bird", "albatross")
      let found = try await missing(agent, "m")
      #expect(found.memories.map(\.text) == ["late: a flight is late after 15 minutes", "bird: albatross"] && found.isEnd)
      try await embed(agent, "m", found.memories, [vector(100, 1, 0), vector(0, 3, 120)])
      #expect(try await missing(agent, "m").memories.isEmpty)
      #expect(try await missing(agent, "m", cursor: found.cursor).memories.isEmpty)
      // No word in common, and found all the same; what is unlike stays out.
      let hits = try await recall(test, "when is a departure delayed", "m", vector(90, 5, 0))
      #expect(hits.compactMap { $0.memory?.key } == ["late"])
      let parts = try #require(hits.first?.parts)
      #expect(parts.bm25 == 0 && parts.likeness == 1 && (parts.cosine ?? 0) > 0.99 && abs(parts.relevance - 0.4) < 1e-9)
      // A word counts more than likeness.
      let both = try await recall(test, "albatross", "m", vector(90, 5, 0))
      #expect(both.compactMap { $0.memory?.key } == ["bird", "late"])
      await agent.close()
    }
  }

  @Test func whatIsGoneLeavesNoGhostThatHidesWhatIsThere() async throws {
    try await withService { test in
      try await test.makeConnection()
      let agent = test.client(try await test.makeKey(.agent))
      // As many as a search looks at closely, all nearer to the query than the one that stays.
      for number in 0..<60 {
        _ = try await test.admin.call(
          Methods.memoryRemember,
          .with {
            ($0.dbConnectionId, $0.namespace, $0.key, $0.content) = ("flights", "facts", "k\(number)", "expires \(number)")
            $0.expiresInMs = 60_000
          })
      }
      try await remember(test, "stays", "albatross")
      let found = try await missing(agent, "m", limit: 100).memories
      let vectors = found.map { $0.text.contains("albatross") ? vector(80, 60, 0) : vector(100, 1, 0) }
      try await embed(agent, "m", found, vectors)
      #expect(try await recall(test, "nothing in common", "m", vector(100, 1, 0)).count == 10)
      test.world.advance(milliseconds: 60_001)
      try await test.service.housekeeping.sweep()
      let hits = try await recall(test, "nothing in common", "m", vector(100, 1, 0))
      #expect(hits.compactMap { $0.memory?.key } == ["stays"])
      await agent.close()
    }
  }

  @Test func whatWentIsForgottenInTheEndAndSetsThatMissedItAreMadeAnew() async throws {
    try await withService { test in
      try await test.makeConnection()
      let agent = test.client(try await test.makeKey(.agent))
      for key in ["a", "b", "c"] { try await remember(test, key, "content of \(key)") }
      try await embed(agent, "m", try await missing(agent, "m").memories, [vector(100, 0), vector(90, 0), vector(80, 0)])
      let cache = VectorCache()
      func look(_ model: String = "m") async throws -> Int {
        try await test.service.store.read { (transaction) throws(WireError) in
          try cache.set(model: model, "flights", "shared", in: transaction).nearest(to: [1, 0], limit: 10).count
        }
      }
      func removals() async throws -> Int64? {
        try await test.service.store.read { (transaction) throws(WireError) in
          try transaction.first("SELECT count(*) FROM vector_removals", []) { (row) in row.int64(0) }
        }
      }
      func forget(_ key: String) async throws {
        let wanted = MemoryForgetRequest.with {
          ($0.dbConnectionId, $0.scope, $0.namespace, $0.key) = ("flights", "shared", "facts", key)
        }
        _ = try await test.admin.call(Methods.memoryForget, wanted)
      }
      #expect(try await look() == 3)
      try await forget("a")
      #expect(try await look() == 2)
      try await forget("b")
      #expect(try await removals() == 2)
      var housekeeping = Housekeeping(
        store: test.service.store, deletion: test.service.housekeeping.deletion, vectors: cache,
        logger: test.service.housekeeping.logger)
      try await housekeeping.sweep()
      #expect(try await removals() == 2)
      housekeeping.keptChanges = 0
      try await housekeeping.sweep()
      #expect(try await removals() == 0)
      #expect(try await look() == 1)
      // Nobody's sets are not kept.
      for number in 0..<20 { #expect(try await look("other \(number)") == 0) }
      #expect(cache.count == 1)
      await agent.close()
    }
  }

  @Test func vectorsOfOtherModelsAndOfOlderVersionsAreNotCompared() async throws {
    try await withService { test in
      try await test.makeConnection()
      let agent = test.client(try await test.makeKey(.agent))
      try await remember(test, "k", "old words")
      let old = try await missing(agent, "m").memories
      try await embed(agent, "m", old, [vector(100, 0)])
      #expect(try await recall(test, "nothing", "other", vector(100, 0)).isEmpty)
      #expect(try await recall(test, "nothing", "m", vector(100, 0, 0)).isEmpty, "another number of dimensions")
      #expect(try await recall(test, "nothing", "m", vector(100, 0)).count == 1)
      try await remember(test, "k", "new words")
      #expect(try await recall(test, "nothing", "m", vector(100, 0)).isEmpty, "the vector is of what it said before")
      #expect(try await recall(test, "words", "m", vector(100, 0)).count == 1)
      // A vector that comes too late is dropped.
      try await embed(agent, "m", old, [vector(100, 0)])
      let new = try await missing(agent, "m").memories
      #expect(new.map(\.version) == [2])
      try await embed(agent, "m", new, [vector(0, 100)])
      #expect(try await recall(test, "nothing", "m", vector(0, 100)).count == 1)
      #expect(try await recall(test, "nothing", "m", vector(100, 0)).isEmpty)
      await agent.close()
    }
  }

  @Test func likenessSeesNoOtherScopeAndNothingThatIsForgotten() async throws {
    try await withService { test in
      try await test.makeConnection()
      let agent = test.client(try await test.makeKey(.agent))
      let (one, two) = (try await test.makeSession().id, try await test.makeSession().id)
      try await remember(test, "own", "albatross", scope: one)
      try await embed(agent, "m", try await missing(agent, "m").memories, [vector(100, 0)])
      #expect(try await recall(test, "x", "m", vector(100, 0), session: one).count == 1)
      #expect(try await recall(test, "x", "m", vector(100, 0), session: two).isEmpty)
      #expect(try await recall(test, "x", "m", vector(100, 0)).isEmpty)
      _ = try await test.admin.call(Methods.memoryForget, .with { ($0.dbConnectionId, $0.scope) = ("flights", one) })
      #expect(try await recall(test, "x", "m", vector(100, 0), session: one).isEmpty)
      let left = try await test.service.store.read { (transaction) throws(WireError) in
        try transaction.query("SELECT count(*) FROM memory_vectors", []) { (row) in row.int64(0) }
      }
      #expect(left == [0])
      await agent.close()
    }
  }

  @Test func reindexingBeginsAnewAndSaysHowFarItIs() async throws {
    try await withService { test in
      try await test.makeConnection()
      let agent = test.client(try await test.makeKey(.agent))
      for number in 0..<150 { try await remember(test, "k\(number)", "fact \(number)") }
      func work(_ cursor: inout String) async throws -> Int {
        var count = 0
        while true {
          let found = try await missing(agent, "m", cursor: cursor, limit: 64)
          if !found.memories.isEmpty {
            try await embed(agent, "m", found.memories, found.memories.map { _ in vector(1, 2, 3) })
          }
          count += found.memories.count
          cursor = found.cursor
          if found.isEnd { return count }
        }
      }
      func state(drop: Bool = false) async throws -> ReindexState {
        try await test.admin.call(
          Methods.embeddingReindex, .with { ($0.dbConnectionId, $0.drop) = ("flights", drop) }
        ).message
      }
      var cursor = ""
      let first = try await work(&cursor)
      let second = try await work(&cursor)
      #expect(first == 150 && second == 0)
      try await remember(test, "k7", "another fact")
      #expect(try await state().memories == 150)
      #expect(try await state().models == [.with { ($0.model, $0.embedded) = ("m", 149) }])
      let third = try await work(&cursor)
      #expect(third == 1)
      #expect(try await state(drop: true).models.isEmpty)
      #expect(try await recall(test, "x", "m", vector(1, 2, 3)).isEmpty)
      // They are behind the cursor that a node has.
      let fourth = try await work(&cursor)
      #expect(fourth == 150)
      #expect(try await state().models.map(\.embedded) == [150])
      await agent.close()
    }
  }

  /// A number that was given to something that is gone is not given again: who has seen up to it would miss what has it now.
  @Test func whatFollowsSomethingDeletedIsNotMissed() async throws {
    try await withService { test in
      try await test.makeConnection()
      let agent = test.client(try await test.makeKey(.agent))
      try await remember(test, "kept", "one")
      try await remember(test, "gone", "two")
      let first = try await missing(agent, "m")
      try await embed(agent, "m", first.memories, [vector(100, 0), vector(100, 0)])
      #expect(try await recall(test, "x", "m", vector(100, 0)).count == 2)
      // Not by `forget`, which lets the comparison begin anew: as housekeeping does it.
      try await test.service.store.write { (transaction) throws(WireError) in
        _ = try MemoryRepository.forget(
          .init(dbConnectionId: "flights", scope: "shared", namespace: "facts", key: "gone"), limit: nil, in: transaction)
      }
      try await remember(test, "new", "three")
      let second = try await missing(agent, "m", cursor: first.cursor)
      #expect(second.memories.map(\.text) == ["new: three"])
      try await embed(agent, "m", second.memories, [vector(100, 0)])
      #expect(try await Set(recall(test, "x", "m", vector(100, 0)).compactMap { $0.memory?.key }) == ["kept", "new"])
      await agent.close()
    }
  }
}
