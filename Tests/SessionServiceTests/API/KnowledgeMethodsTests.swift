import Testing
import Wire

@testable import SessionService

@Suite(.timeLimit(.minutes(1)))
struct KnowledgeMethodsTests {
  @discardableResult
  private func put(
    _ test: TestService, _ kind: KnowledgeKind, _ name: String, on connection: String = "shop",
    _ fill: (inout Knowledge) -> Void = { _ in }
  ) async throws -> Knowledge {
    var piece = Knowledge.with { ($0.dbConnectionId, $0.kind, $0.name) = (connection, kind, name) }
    fill(&piece)
    return try await test.admin.call(Methods.knowledgePut, .with { $0.knowledge = piece }).message
  }

  private func background(_ test: TestService, _ question: String, session: String = "", maxBytes: UInt32 = 0) async throws
    -> Background
  {
    try await test.admin.call(
      Methods.knowledgeBackground,
      .with { ($0.dbConnectionId, $0.sessionId, $0.question, $0.maxBytes) = ("shop", session, question, maxBytes) }
    ).message
  }

  private func sources(_ test: TestService, _ question: String) async throws -> [String] {
    try await background(test, question).pieces.map(\.source)
  }

  private func fits(_ test: TestService, _ kind: KnowledgeKind, _ query: String) async throws -> [String] {
    try await test.admin.call(
      Methods.knowledgeSearch, .with { ($0.dbConnectionId, $0.kind, $0.query) = ("shop", kind, query) }
    ).message.hits.filter(\.fits).compactMap { $0.knowledge?.name }
  }

  @Test func instructionsHoldAlwaysOrWhereTheirConditionDoes() async throws {
    try await withService { test in
      try await test.makeConnection("shop")
      try await put(test, .instruction, "rounding") { $0.text = "Round to two decimals." }
      try await put(test, .instruction, "java") {
        ($0.text, $0.condition) = ("Java includes Jakarta, Banten, Yogyakarta", "when the question is about Java or Bali")
      }
      #expect(try await sources(test, "How many orders are there?") == ["knowledge:instruction/rounding"])
      let java = try await background(test, "Total sales in Java?")
      #expect(java.pieces.map(\.source) == ["knowledge:instruction/rounding", "knowledge:instruction/java"])
      #expect(java.pieces.last?.text == "Java includes Jakarta, Banten, Yogyakarta")
      #expect(java.bytes == java.pieces.reduce(0) { $0 + UInt64($1.text.utf8.count + $1.source.utf8.count) })
    }
  }

  @Test func metricsFitWhereTheyAreNamed() async throws {
    try await withService { test in
      try await test.makeConnection("shop")
      try await put(test, .metric, "net_revenue") {
        ($0.sql, $0.aliases) = ("sum(price * quantity - discount)", ["turnover", "omzet bersih"])
      }
      try await put(test, .metric, "churn") { $0.sql = "avg(has_left)" }
      for question in ["What is the net revenue of 2023?", "turnover by month", "net_revenue", "Berapa omzet bersih bulan ini?"] {
        #expect(try await fits(test, .metric, question) == ["net_revenue"], "\(question)")
      }
      for question in ["revenue", "the net weight", "omzet"] {
        #expect(try await fits(test, .metric, question) == [], "\(question)")
      }
      let piece = try #require(try await background(test, "turnover").pieces.first)
      #expect(piece.text == "net_revenue (also: turnover, omzet bersih) is computed as: sum(price * quantity - discount)")
    }
  }

  @Test func skillsAreAtMostThree() async throws {
    try await withService { test in
      try await test.makeConnection("shop")
      for number in 1...5 {
        try await put(test, .skill, "cohort \(number)") {
          ($0.description, $0.tags, $0.text) = ("Retention by cohort", ["retention"], "Text of \(number), margin")
        }
      }
      #expect(try await sources(test, "retention of the cohort of May").count == 3)
      // What its text has words of is everything; a skill is found by what it says of itself.
      #expect(try await sources(test, "What is the margin?") == [])
    }
  }

  @Test func aQuestionThatWasAnsweredBeforeGetsItsSQLAndOneLikeItAnExample() async throws {
    try await withService { test in
      try await test.makeConnection("shop")
      let node = try await TestNode(test, name: "checker")
      let agent = test.client(try await test.makeKey(.agent))
      func verified(_ question: String, _ sql: String) async throws {
        let piece = try await put(test, .sql, question) { $0.sql = sql }
        #expect(piece.state == .unchecked)
        let order = try #require(try await node.next().schema)
        #expect(order.checks == [.with { ($0.id, $0.version, $0.sql) = (piece.id, piece.version, sql) }])
        _ = try await agent.call(
          Methods.knowledgeReport, .with { ($0.dbConnectionId, $0.id, $0.version) = ("shop", piece.id, piece.version) })
      }
      try await verified("How many orders were placed in 2023?", "SELECT count(*) FROM orders WHERE year = 2023")
      try await verified(
        "Which customers never ordered?", "SELECT name FROM customers WHERE id NOT IN (SELECT customer FROM orders)")
      let same = try await background(test, "how many orders were placed in 2023")
      #expect(same.pieces.map(\.score) == [1])
      #expect(
        same.pieces[0].text.hasPrefix("Verified SQL for this question, How many orders were placed in 2023?\nSELECT count(*)"))
      let other = try await background(test, "How many orders were placed in 2024?")
      #expect(other.pieces.first?.text.hasPrefix("Verified SQL for a question like this") == true, "a year is all the difference")
      #expect(try await sources(test, "What is the weather?") == [])
      await agent.close()
      await node.disconnect()
    }
  }

  @Test func whatTheDatabaseRefusesIsNotUsed() async throws {
    try await withService { test in
      try await test.makeConnection("shop")
      await expectError(.failedPrecondition) { try await put(test, .sql, "How many?") { $0.sql = "SELECT 1" } }
      let node = try await TestNode(test, name: "checker")
      let agent = test.client(try await test.makeKey(.agent))
      let piece = try await put(test, .sql, "How many?") { $0.sql = "SELECT nothing FROM nowhere" }
      #expect(try await sources(test, "How many?") == [], "nobody has looked at it yet")
      let report = KnowledgeChecked.with {
        ($0.dbConnectionId, $0.id, $0.version) = ("shop", piece.id, 1)
        $0.error = WireError(.sqlError, "no such table: nowhere")
      }
      _ = try await agent.call(Methods.knowledgeReport, report)
      let known = try await test.admin.call(
        Methods.knowledgeGet, .with { ($0.dbConnectionId, $0.kind, $0.name) = ("shop", .sql, "How many?") }
      ).message
      #expect(known.state == .refused && known.problem == "no such table: nowhere")
      // A report about an older version changes nothing.
      try await put(test, .sql, "How many?") { $0.sql = "SELECT 1" }
      _ = try await agent.call(Methods.knowledgeReport, report)
      #expect(
        try await test.admin.call(
          Methods.knowledgeGet, .with { ($0.dbConnectionId, $0.kind, $0.name) = ("shop", .sql, "How many?") }
        ).message.state == .unchecked)
      await agent.close()
      await node.disconnect()
    }
  }

  @Test func whatDoesNotBelongIsRefused() async throws {
    try await withService { test in
      try await test.makeConnection("shop")
      await expectError(.invalidArgument) { try await put(test, .unspecified, "x") }
      await expectError(.invalidArgument) { try await put(test, .instruction, " ") { $0.text = "x" } }
      await expectError(.invalidArgument) { try await put(test, .instruction, "x") }
      await expectError(.invalidArgument) { try await put(test, .metric, "x") { $0.text = "no SQL" } }
      await expectError(.invalidArgument) { try await put(test, .skill, "x") { ($0.text, $0.sql) = ("x", "SELECT 1") } }
      await expectError(.notFound) { try await put(test, .instruction, "x", on: "nowhere") { $0.text = "x" } }
      let piece = try await put(test, .instruction, "x") { $0.text = "one" }
      let stale = KnowledgePutRequest.with { request in
        var changed = piece
        changed.text = "two"
        (request.knowledge, request.ifVersion) = (changed, 7)
      }
      await expectError(.staleVersion) { _ = try await test.admin.call(Methods.knowledgePut, stale) }
    }
  }

  @Test func nothingLeaksBetweenConnectionsAndAConnectionTakesItsKnowledgeAlong() async throws {
    try await withService { test in
      try await test.makeConnection("shop")
      try await test.makeConnection("other")
      try await put(test, .instruction, "secret", on: "other") { $0.text = "Nobody but other" }
      #expect(try await sources(test, "secret") == [])
      _ = try await test.admin.call(Methods.connectionDelete, .with { $0.id = "other" })
      try await test.makeConnection("other")
      let list = try await test.admin.call(Methods.knowledgeList, .with { $0.dbConnectionId = "other" }).message
      #expect(list.total == 0)
      for table in ["knowledge", "term_parts", "term_postings"] {
        let rows = try await test.service.store.read { (transaction) throws(WireError) in
          try transaction.query("SELECT count(*) FROM \(table)", []) { (row) in row.int64(0) }
        }
        #expect(rows == [0], "\(table)")
      }
    }
  }

  @Test func memoriesGoWithAQuestionAndCorrectionsBeforeTheOthers() async throws {
    try await withService { test in
      try await test.makeConnection("shop")
      let (one, two) = (try await test.makeSession(on: "shop").id, try await test.makeSession(on: "shop").id)
      func remember(_ namespace: String, _ key: String, _ content: String, scope: String = "") async throws {
        _ = try await test.admin.call(
          Methods.memoryRemember,
          .with {
            ($0.dbConnectionId, $0.scope, $0.namespace, $0.key, $0.content) = ("shop", scope, namespace, key, content)
          })
      }
      try await remember("business_facts", "delay", "A delay is counted in minutes; delay, delay")
      try await remember("corrections", "late", "a delay is arr_delay")
      try await remember("session_working", "note", "look at delay of JFK", scope: one)
      try await put(test, .instruction, "always") { $0.text = "Be brief." }
      let given = try await background(test, "What is the delay?", session: one).pieces.map(\.source)
      #expect(given.prefix(2) == ["knowledge:instruction/always", "memory:shared/corrections/late"])
      #expect(Set(given.dropFirst(2)) == ["memory:shared/business_facts/delay", "memory:session/session_working/note"])
      #expect(try await background(test, "What is the delay?", session: two).pieces.count == 3)
      // What there is no room for is named.
      let small = try await background(test, "What is the delay?", session: one, maxBytes: 100)
      #expect(small.pieces.map(\.source) == ["knowledge:instruction/always", "memory:shared/corrections/late"])
      #expect(small.omitted.count == 2 && small.bytes <= 100)
    }
  }
}
