import Foundation
import JSON
import SQLite
import Testing

/// The tutorial of docs/LEARNING.md, with real processes: ask, see that it is wrong, teach, ask again.
@Suite struct TutorialTests {
  private static let question = "what is the total revenue in Java?"

  /// Two sales in each province; revenue is price * quantity - discount.
  private func addSales(_ deployment: Deployment) async throws {
    let path = deployment.folder.file("sales.db")
    let connection = try SQLiteConnection(path: path, access: .readWriteCreate)
    try connection.execute(
      script: """
        CREATE TABLE sales (id INTEGER PRIMARY KEY, province TEXT NOT NULL, price REAL NOT NULL, quantity INTEGER NOT NULL,
          discount REAL NOT NULL);
        INSERT INTO sales (province, price, quantity, discount) VALUES
          ('West Java', 100, 2, 10), ('West Java', 50, 1, 0), ('Central Java', 30, 10, 20), ('East Java', 10, 5, 0),
          ('Jakarta', 200, 3, 50), ('Banten', 70, 1, 5), ('Yogyakarta', 25, 4, 0), ('Bali', 500, 1, 0), ('Aceh', 40, 2, 0);
        """)
    try await deployment.ctl("connection", "create", "--alias", "sales", "--uri", "sqlite://" + path).expectSuccess()
  }

  private func number(_ task: JSONValue) -> Double? {
    task["result"]?["table"]?["rows"]?.array?.first?["cells"]?.array?.compactMap { $0["text"]?.string.flatMap { Double($0) } }
      .first
  }

  private func used(_ task: JSONValue) -> [String] {
    (task["result"]?["used"]?.array ?? []).compactMap { $0["source"]?.string }
  }

  @Test func whatIsTaughtIsKnownInANewSessionOnAnotherNode() async throws {
    let deployment = try await Deployment()
    try await addSales(deployment)
    let first = try await deployment.startNode("n1")
    let wrong = try await deployment.json("ask", "--connection", "sales", Self.question)
    #expect(number(wrong) != 570 && number(wrong) != 1_285 && used(wrong) == [], "nobody said what revenue is: \(wrong)")

    let skill = deployment.folder.file("revenue/SKILL.md")
    try FileManager.default.createDirectory(atPath: deployment.folder.file("revenue"), withIntermediateDirectories: true)
    try """
    ---
    name: revenue
    description: How revenue is computed
    tags: [sales, finance]
    ---
    # Revenue

    - Revenue means price * quantity - discount.
    """.write(toFile: skill, atomically: true, encoding: .utf8)
    try await deployment.ctl("knowledge", "skill", "add", deployment.folder.file("revenue"), "--connection", "sales")
      .expectSuccess()
    let incomplete = try await deployment.json("ask", "--connection", "sales", Self.question)
    #expect(incomplete["result"]?["status"]?.string == "completed", "\(incomplete)")
    #expect(number(incomplete) == 570, "West, Central and East Java: \(incomplete)")
    #expect(used(incomplete) == ["knowledge:skill/revenue"])

    try await deployment.ctl(
      "knowledge", "instruction", "add", "java", "Java includes Jakarta, Banten, Yogyakarta", "--connection", "sales", "--when",
      "questions about Java"
    ).expectSuccess()
    try await first.killNow()
    try await deployment.startNode("n2")
    let right = try await deployment.json("ask", "--connection", "sales", Self.question)
    #expect(right["session_id"] != wrong["session_id"] && right["session_id"] != incomplete["session_id"])
    #expect(right["result"]?["status"]?.string == "completed", "\(right)")
    #expect(number(right) == 1_285, "\(right)")
    #expect(Set(used(right)) == ["knowledge:skill/revenue", "knowledge:instruction/java"])
    #expect(
      right["result"]?["used"]?.array?.contains { $0["text"]?.string == "Java includes Jakarta, Banten, Yogyakarta" } == true)

    // What goes with a question can be seen before it is asked, and what went with it afterwards.
    let preview = try await deployment.json("memory", "preview", "--connection", "sales", Self.question)
    #expect(
      preview["pieces"]?.array?.compactMap { $0["source"]?.string } == ["knowledge:instruction/java", "knowledge:skill/revenue"])
    let state = try await deployment.ctl(
      "session", "history", try #require(right["session_id"]?.string), "--full", "-o", "json"
    ).expectSuccess()
    #expect(state.output.contains("knowledge:instruction/java"))
    let text = try await deployment.ctl("ask", "--connection", "sales", Self.question).expectSuccess()
    #expect(text.errors.contains("knowledge:instruction/java: Java includes Jakarta, Banten, Yogyakarta"))
  }

  @Test func aCorrectionInOneSessionIsSharedOnceItIsConfirmed() async throws {
    let deployment = try await Deployment()
    try await addSales(deployment)
    try await deployment.startNode("n1")
    try await deployment.run(
      ["ask", "--connection", "sales", "--correct", "Revenue means price * quantity - discount", "how many sales?"]
    ).expectSuccess()
    func revenue(_ question: String, _ more: [String] = []) async throws -> JSONValue {
      let result = try await deployment.run(
        ["ask", "-o", "json"] + (more.isEmpty ? ["--connection", "sales"] : more) + [question])
      return try JSONValue(parsing: result.output)
    }
    let plain = try await revenue(Self.question)
    #expect(number(plain) == 570 && used(plain).contains { $0.hasPrefix("memory:shared/corrections/revenue-means") }, "\(plain)")

    // Session A is corrected in passing; what it learned holds there and nowhere else.
    let corrected = try await revenue("Java includes Aceh. " + Self.question)
    let sessionA = try #require(corrected["session_id"]?.string)
    #expect(number(corrected) == 650, "Aceh sold for 80: \(corrected)")
    let again = try await revenue(Self.question, ["--session", sessionA])
    #expect(number(again) == 650, "\(again)")
    let key = try #require(
      used(again).first { $0.hasPrefix("memory:session/corrections/java-includes-aceh") }?.split(separator: "/").last)
    #expect(number(try await revenue(Self.question)) == 570)
    let candidates = try await deployment.json("memory", "corrections", "--connection", "sales")
    #expect(candidates["memories"]?.array?.contains { $0["scope"]?.string == sessionA } == true)

    // What A notes for itself is A's own.
    try await deployment.run(
      [
        "memory", "remember", "plan", "look at the revenue of Java next", "--connection", "sales", "--scope", sessionA,
        "--namespace", "session_working",
      ]
    ).expectSuccess()
    try await deployment.run(["memory", "confirm", "--session", sessionA, String(key)]).expectSuccess()
    let elsewhere = try await revenue(Self.question)
    #expect(number(elsewhere) == 650 && used(elsewhere).contains("memory:shared/corrections/\(key)"), "\(elsewhere)")
    let sessionB = try #require(elsewhere["session_id"]?.string)
    func sources(_ session: String) async throws -> [String] {
      try await deployment.json("memory", "preview", "--session", session, "the revenue of Java")["pieces"]?.array?
        .compactMap { $0["source"]?.string } ?? []
    }
    #expect(try await sources(sessionA).contains("memory:session/session_working/plan"))
    #expect(try await !sources(sessionB).contains { $0.hasSuffix("/plan") })
    #expect(try await !sources(sessionB).contains { $0.contains(sessionA) })

    // It can be taken back.
    try await deployment.run(["memory", "forget", "--connection", "sales", "--namespace", "corrections", String(key)])
      .expectSuccess()
    #expect(number(try await revenue(Self.question)) == 570)

    // A session that learns nothing is given nothing, and nothing is kept of it; its agent may still look by itself.
    let off = try await revenue("Bali includes Aceh. " + Self.question, ["--connection", "sales", "--learning", "off"])
    #expect(used(off) == [], "\(off)")
    let kept = try await deployment.json(
      "memory", "list", "--connection", "sales", "--scope", try #require(off["session_id"]?.string))
    #expect(kept["total"]?.integer == 0)
  }

  @Test func sqlThatDoesNotRunIsRefusedAndWhatRunsIsUsed() async throws {
    let deployment = try await Deployment()
    try await addSales(deployment)
    let add = ["knowledge", "sql", "add", "--connection", "sales", "How many provinces are there?"]
    let lonely = try await deployment.run(add + ["SELECT count(DISTINCT province) FROM sales"])
    #expect(lonely.status == 5, "nobody could try it: \(lonely)")
    try await deployment.startNode("n1")
    let refused = try await deployment.run(add + ["SELECT count(DISTINCT provinces) FROM sale"])
    #expect(refused.status == 2 && refused.errors.contains("no such table: sale"), "\(refused)")
    let list = try await deployment.json("knowledge", "sql", "list", "--connection", "sales")
    #expect(list["total"]?.integer == 0)
    try await deployment.run(add + ["SELECT count(DISTINCT province) FROM sales"]).expectSuccess()
    let found = try await deployment.json("knowledge", "sql", "search", "--connection", "sales", "how many provinces are there")
    #expect(found["hits"]?.array?.first?["similarity"]?.number == 1)
  }

  @Test func memoriesMoveToAnotherConnectionAndARepeatChangesNothing() async throws {
    let deployment = try await Deployment()
    try await addSales(deployment)
    try await deployment.ctl("connection", "create", "--alias", "copy", "--uri", "sqlite:///tmp/none.db").expectSuccess()
    for number in 1...5 {
      try await deployment.ctl(
        "memory", "remember", "k\(number)", "Fact number \(number) about sales", "--connection", "sales", "--namespace",
        "business_facts"
      ).expectSuccess()
    }
    try await deployment.ctl("memory", "remember", "k1", "Newer", "--connection", "sales", "--namespace", "business_facts")
      .expectSuccess()
    let file = deployment.folder.file("memories.jsonl")
    try await deployment.ctl("memory", "export", "--connection", "sales", "--file", file).expectSuccess()
    let first = try await deployment.json("memory", "import", "--connection", "copy", file)
    #expect(first["added"]?.integer == 5 && first["unchanged"]?.integer == 0)
    let second = try await deployment.json("memory", "import", "--connection", "copy", file)
    #expect(second["added"]?.integer == 0 && second["unchanged"]?.integer == 5)
    let explained = try await deployment.json("memory", "recall", "--connection", "copy", "--explain", "factt numer 3")
    let hit = try #require(explained["hits"]?.array?.first)
    #expect(hit["memory"]?["key"]?.string == "k3" && hit["memory"]?["namespace"]?.string == "business_facts")
    #expect(hit["parts"]?["words"]?.array?.contains { $0["corrected_from"]?.string == "factt" } == true, "\(hit)")
    let undone = try await deployment.json("memory", "undo", "k1", "--connection", "sales", "--namespace", "business_facts")
    #expect(undone["content"]?.string == "Fact number 1 about sales" && undone["version"]?.integer == 3)
    try "{\"key\":7}\n".write(toFile: file, atomically: true, encoding: .utf8)
    let bad = try await deployment.ctl("memory", "import", "--connection", "copy", file)
    #expect(bad.status == 2 && bad.errors.contains("line 1"), "\(bad)")
  }

  /// A table of three tokens, in which everything that is said lies in one direction: what has no word in common is found.
  @Test func aNodeWithAnEmbedderFindsWhatHasNoWordInCommon() async throws {
    let deployment = try await Deployment()
    try await addSales(deployment)
    let table = deployment.folder.file("tiny.safetensors")
    let header = #"{"embedding.weight":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]}}"#
    var bytes = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Array($0) } + Array(header.utf8)
    for value in [Float(0), 1] { bytes += withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) } }
    try Data(bytes).write(to: URL(filePath: table))
    try #"{"model":{"type":"BPE","unk_token":"<unk>","vocab":{"<unk>":0,"\u2581":1},"merges":[]}}"#
      .write(toFile: deployment.folder.file("tokenizer.json"), atomically: true, encoding: .utf8)
    try await deployment.run(
      ["memory", "remember", "zebra", "Stripes are black and white", "--connection", "sales", "--namespace", "business_facts"]
    ).expectSuccess()
    try await deployment.startNode("n1", ["--embedder", "static:\(table)"])
    let state = try await deployment.json("memory", "reindex", "--connection", "sales")
    #expect(state["models"]?.array?.first?["model"]?.string == "static:tiny" && state["memories"]?.integer == 1)
    let task = try await deployment.json("ask", "--connection", "sales", "how many sales?")
    #expect(task["result"]?["status"]?.string == "completed")
    let history = try await deployment.run(
      ["session", "history", try #require(task["session_id"]?.string), "--full", "-o", "json"])
    #expect(history.output.contains("memory:shared/business_facts/zebra"))
    let nobody = try await deployment.run(["memory", "reindex", "--connection", "sales", "--anew", "--no-wait"])
    #expect(nobody.status == 0)
  }
}
