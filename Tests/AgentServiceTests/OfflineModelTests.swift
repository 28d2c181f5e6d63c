import JSON
import SQLite
import Testing
import Wire

@testable import AgentService

@Suite struct OfflineModelTests {
  private func ask(
    _ question: String, _ database: OfflineFixtures.Database, _ prepare: (inout OfflineExecutor) -> Void = { _ in }
  ) throws -> (OfflineExecutor.Outcome, OfflineExecutor) {
    var executor = OfflineExecutor(database.connection)
    prepare(&executor)
    let outcome = executor.ask(question)
    return (try #require(outcome), executor)
  }

  // MARK: Resuming

  @Test(arguments: [
    "which airline has the highest average departure delay?", "give me a full profile", "how many purple flights?",
  ])
  func `a transcript that is cut at any step goes on with the same call`(_ question: String) throws {
    let database = try OfflineFixtures.flights()
    let (whole, executor) = try ask(question, database)
    let cuts = whole.entries.indices.filter { whole.entries[$0].assistant != nil }
    #expect(cuts.count == executor.replies.count)
    for (step, cut) in cuts.enumerated() {
      let turn = executor.turn(Array(whole.entries[..<cut]), stepsLeft: 100 - step)
      let reply = OfflineModel.reply(to: turn)
      #expect(reply.toolCalls == executor.replies[step].toolCalls)
      #expect(reply.text == executor.replies[step].text)
    }
  }

  @Test func `a step whose results are there in part asks for the rest only`() throws {
    let database = try OfflineFixtures.flights()
    let (whole, executor) = try ask("how many flights are there?", database)
    let first = try #require(whole.entries.firstIndex { $0.toolResult != nil })
    let reply = OfflineModel.reply(to: executor.turn(Array(whole.entries[...first]), stepsLeft: 90))
    #expect(reply.toolCalls.map(\.name) == ["recall"])
  }

  @Test func `ids of calls are unique and earlier tasks are not mistaken for this one`() throws {
    let database = try OfflineFixtures.flights()
    let (first, _) = try ask("how many airlines are there?", database)
    var executor = OfflineExecutor(database.connection)
    var history = first.entries.map { entry in
      var entry = entry
      if entry.taskStarted != nil { entry.taskStarted?.taskId = "task_ffffffffffff" }
      return entry
    }
    history += OfflineExecutor.opening("how many airports are there?")
    let found = executor.run(history)
    let second = try #require(found)
    #expect(second.answer == "There are 5 airports.")
    let ids = executor.replies.flatMap { $0.toolCalls.map(\.id) }
    #expect(Set(ids).count == ids.count)
    #expect(executor.replies[0].toolCalls.map(\.name).contains("list_tables"))
  }

  @Test func `with one step left it finishes and says why`() throws {
    let database = try OfflineFixtures.flights()
    let (outcome, _) = try ask("how many flights are there?", database) { $0.stepsLeft = 3 }
    #expect(outcome.status == "partial")
    #expect(!outcome.texts("degraded").isEmpty)
  }

  // MARK: Modes and failures

  @Test func `in mode query no tool is called that does not exist and the gap is named`() throws {
    let database = try OfflineFixtures.shop()
    let (outcome, executor) = try ask("profile this database", database) { $0.tools = OfflineExecutor.queryTools }
    let called = Set(executor.replies.flatMap { $0.toolCalls.map(\.name) })
    #expect(called.isSubset(of: OfflineExecutor.queryTools))
    #expect(outcome.texts("degraded").contains { $0.contains("report") })
    #expect(outcome.rows.count == 5)
  }

  @Test func `a report links its charts where files cannot be read`() throws {
    let database = try OfflineFixtures.shop()
    let (_, executor) = try ask("profile this database", database) { $0.tools.removeAll { $0 == "read_file" } }
    let page = try #require(executor.files["report.html"])
    #expect(page.contains("<img src=\"charts/"))
    #expect(!page.contains("<svg"))
  }

  @Test(arguments: ["sql_query", "list_tables", "describe_tables"])
  func `a broken tool ends in an honest partial answer`(_ tool: String) throws {
    let database = try OfflineFixtures.flights()
    let (outcome, _) = try ask("how many flights are there?", database) { $0.broken = [tool] }
    #expect(outcome.status == "partial")
    #expect(!outcome.answer.contains("900"))
  }

  @Test func `broken memory and charts are named and fail nothing`() throws {
    let database = try OfflineFixtures.flights()
    let (outcome, executor) = try ask("profile this database", database) { $0.broken = ["recall", "make_chart"] }
    #expect(outcome.status == "completed")
    #expect(outcome.texts("degraded").contains { $0.contains("Memory") })
    #expect(outcome.texts("degraded").contains { $0.contains("chart") })
    #expect(executor.files["report.md"] != nil)
  }

  // MARK: Honesty

  @Test(
    arguments: [
      "how many passengers travelled in March?", "what is the meaning of life?", "which airline has the nicest crew?",
      "why are flights late?", "predict the delays of next month", "delete all flights", "how many purple flights are there?",
      "what is the average weight?", "?", "asdf qwer zxcv",
    ])
  func `what cannot be answered is said so, with questions that can be`(_ question: String) throws {
    let database = try OfflineFixtures.flights()
    let (outcome, _) = try ask(question, database)
    #expect(outcome.status == "partial", "\(outcome.answer)")
    #expect(!outcome.texts("suggestions").isEmpty)
  }

  @Test func `every suggested question can be answered`() throws {
    for database in [try OfflineFixtures.flights(), try OfflineFixtures.shop(), try OfflineFixtures.school()] {
      let (unknown, _) = try ask("what is the meaning of life?", database)
      for question in unknown.texts("suggestions") {
        let (outcome, _) = try ask(question, database)
        #expect(outcome.status == "completed", "\(question): \(outcome.answer)")
      }
    }
  }

  @Test func `an ambiguous word is answered and the other reading is named`() throws {
    let database = try OfflineFixtures.flights()
    let (outcome, _) = try ask("average delay by carrier", database)
    #expect(outcome.texts("insights").contains { $0.contains("dep_delay") && $0.contains("arr_delay") })
  }

  // MARK: Learning

  @Test func `what was taught is honoured and cited when asked again`() throws {
    let database = try OfflineFixtures.flights()
    let question = "how many late flights are there?"
    let (before, _) = try ask(question, database)
    #expect(before.status == "partial")
    let (taught, executor) = try ask("Remember that 'late' means dep_delay > 30", database)
    #expect(taught.status == "completed")
    let (after, _) = try ask(question, database) { $0.memories = executor.memories }
    let right = try executor.query("SELECT count(*) FROM flights WHERE dep_delay > 30").rows
    #expect(after.status == "completed", "\(after.answer)")
    #expect(after.rows == right)
    #expect(after.texts("insights").contains { $0.contains("late") && $0.contains("dep_delay > 30") })
  }

  @Test func `a taught column replaces the first guess`() throws {
    let database = try OfflineFixtures.flights()
    let memory: JSONValue = [
      "namespace": "corrections", "key": "delay", "content": "", "value": ["synonym": ["delay": "flights.arr_delay"]],
    ]
    let (outcome, executor) = try ask("what is the average delay?", database) { $0.memories = [memory] }
    #expect(outcome.rows[0][0] == (try executor.query("SELECT avg(arr_delay) FROM flights").rows[0][0]))
  }

  @Test(arguments: [
    "late means 1; DROP TABLE flights", "late means (SELECT 1)", "late means dep_delay > 1 -- x", "late means nothing_here",
  ])
  func `what is no expression over one table's columns is not learned`(_ lesson: String) throws {
    let database = try OfflineFixtures.flights()
    let (outcome, executor) = try ask("Remember that \(lesson)", database)
    #expect(outcome.status == "partial", "\(outcome.answer)")
    #expect(executor.memories.isEmpty)
  }

  // MARK: Profile

  @Test func `a profile finds the references, counts what is missing and writes a page that stands alone`() throws {
    let database = try OfflineFixtures.flights()
    let (outcome, executor) = try ask("give me a full profile of this database", database)
    #expect(outcome.status == "completed")
    #expect((5...25).contains(executor.replies.count))
    let page = try #require(executor.files["report.html"])
    #expect(page.contains("<svg"))
    #expect(!page.contains("<?xml"))
    #expect(!page.contains("src=\"http"))
    let text = try #require(executor.files["report.md"])
    for target in ["airlines.carrier", "airports.faa", "planes.tailnum"] { #expect(text.contains(target)) }
    let missing = try executor.query("SELECT count(*) - count(dep_delay) FROM flights").rows[0][0].integer ?? 0
    let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("| dep\\_delay ") })
    #expect(line.contains("| \(missing) ("))
    let row = try #require(outcome.rows.first { $0[0] == "flights" })
    #expect(row[1] == 900)
  }

  // MARK: Hostile schemas

  @Test func `names with quotes, spaces, keywords and other scripts are asked for safely`() throws {
    let database = try OfflineFixtures.Database(
      #"""
      CREATE TABLE "order" ("select" INTEGER PRIMARY KEY, "group by" TEXT, "it's ""odd""" REAL, "größe" INTEGER, "売上" REAL);
      INSERT INTO "order" VALUES (1, 'a''b', 1.5, 3, 10), (2, 'c<d>|e', 2.5, 4, 20), (3, 'a''b', NULL, 5, 30);
      CREATE TABLE "empty; DROP TABLE x" ("a-b" TEXT, "%s" INTEGER);
      """#)
    let (counted, _) = try ask("how many order are there?", database)
    #expect(counted.rows == [[3]])
    let (mean, _) = try ask("what is the average größe?", database)
    #expect(mean.rows[0][0] == .number(4))
    let (sum, _) = try ask("total 売上", database)
    #expect(sum.rows[0][0].number == 60)
    let (profile, executor) = try ask("profile this database", database)
    #expect(profile.status == "completed")
    #expect(profile.texts("insights").contains { $0.contains("is empty") })
    #expect(executor.files["report.html"]?.contains("c&lt;d&gt;|e") == true)
    #expect(executor.files["report.md"]?.contains("c\\<d\\>\\|e") == true)
  }

  @Test func `an empty database and empty tables are said to be so`() throws {
    let nothing = try OfflineFixtures.Database("")
    #expect(try ask("how many rows?", nothing).0.answer.contains("no tables"))
    let empty = try OfflineFixtures.Database("CREATE TABLE pets (id INTEGER PRIMARY KEY, name TEXT, weight REAL, born DATE);")
    #expect(try ask("how many pets are there?", empty).0.rows == [[0]])
    #expect(try ask("average weight of pets", empty).0.answer.contains("no average weight"))
    #expect(try ask("which pet has the highest weight?", empty).0.rows.isEmpty)
    #expect(try ask("pets by month", empty).0.rows.isEmpty)
  }

  @Test func `sixty tables are profiled and the right one is asked`() throws {
    var script = ""
    for index in 0..<60 {
      script +=
        "CREATE TABLE sensor_\(Character(UnicodeScalar(UInt8(97 + index % 26))))\(index) "
        + "(id INTEGER PRIMARY KEY, reading REAL);\n"
    }
    script += "CREATE TABLE invoices (id INTEGER PRIMARY KEY, gross REAL, paid_on TEXT);\n"
    script += "INSERT INTO invoices VALUES (1, 10.5, '2024-01-01'), (2, 20.5, '2024-02-01');"
    let database = try OfflineFixtures.Database(script)
    #expect(try ask("what is the average gross of invoices?", database).0.rows[0][0].number == 15.5)
    let (profile, executor) = try ask("profile everything in this database", database)
    #expect(executor.replies.count <= 25)
    #expect(profile.rows.count == 60)
    #expect(profile.texts("degraded").contains { $0.contains("60 of 61") })
  }

  @Test(arguments: [
    "\u{0}", "'; DROP TABLE flights; --", "how many flights from O'Hare's \"X\"?", "🙂🙂", "((((",
    "top 99999999999999999999 flights",
  ])
  func `odd questions end in an answer, not in a crash`(_ question: String) throws {
    let (outcome, executor) = try ask(question, try OfflineFixtures.flights())
    #expect(!outcome.answer.isEmpty)
    #expect(try executor.query("SELECT count(*) FROM flights").rows == [[900]])
  }
}
