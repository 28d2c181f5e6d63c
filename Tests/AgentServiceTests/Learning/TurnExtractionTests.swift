import JSON
import Testing
import Wire

@testable import AgentService

@Suite struct TurnExtractionTests {
  private static let entries: [TranscriptEntry] = [
    .of(Timestamp()) { $0.taskStarted = .with { $0.taskId = "t0" } },
    .of(Timestamp()) { $0.user = .with { $0.text = "an earlier question" } },
    .of(Timestamp()) { $0.taskStarted = .with { $0.taskId = "t1" } },
    .of(Timestamp()) {
      $0.user = .with { $0.text = "Sales by month? I always want  amounts in rupiah. We close the books in March." }
    },
    .of(Timestamp()) { $0.assistant = .with { $0.text = "The fiscal year ends in June." } },
    .of(Timestamp()) {
      $0.toolResult = .with {
        ($0.name, $0.sql, $0.content) = ("sql_query", "SELECT month, total FROM sales", "January | 1200\nMay | 300")
      }
    },
    .of(Timestamp()) { $0.taskStarted = .with { ($0.taskId, $0.resumed) = ("t1", true) } },
    .of(Timestamp()) { $0.taskFinished = .with { $0.taskId = "t1" } },
  ]

  private let extraction = TurnExtraction(taskId: "t1", step: 9, entries: entries)

  private func item(_ kind: String, _ text: String, quoting quote: String) -> JSONValue {
    ["kind": .string(kind), "text": .string(text), "quote": .string(quote)]
  }

  private func contents(_ items: [JSONValue], summary: String = "") throws -> [String] {
    let reply: JSONValue = ["items": .array(items), "summary": .string(summary)]
    return try extraction.lessons(from: "Here it is:\n```json\n" + reply.text() + "\n```").map(\.content)
  }

  @Test func theModelIsShownWhatWasSaidAndFoundAndNothingElse() throws {
    let turn = extraction.turn(language: .en)
    let text = try #require(turn.entries.last?.user?.text)
    #expect(text.contains("amounts in rupiah") && text.contains("January | 1200") && text.contains("SELECT month"))
    #expect(!text.contains("June") && !text.contains("earlier") && turn.tools.isEmpty)
  }

  @Test func whatIsQuotedIsKept() throws {
    let reply: JSONValue = [
      "items": [
        item("preference", "Amounts are shown in rupiah.", quoting: "I always want amounts in RUPIAH"),
        item("fact", "The books are closed in March.", quoting: "We close the books in March"),
        item("insight", "January sold most, 1200.", quoting: "January | 1200"),
      ], "summary": "Sales by month were asked for. They were found! And more.",
    ]
    let lessons = try extraction.lessons(from: reply.text())
    #expect(lessons.map(\.namespace) == ["user_preferences", "business_facts", "data_insights", "session_context"])
    #expect(lessons.last?.content == "Sales by month were asked for. They were found!" && lessons.last?.key == "summary/t1")
    #expect(lessons.allSatisfy { $0.sourceStep == 9 && ($0.importance ?? 1) < 0.9 })
    #expect(try JSONValue(parsing: lessons[1].value)["quote"] == "We close the books in March")
    #expect(try extraction.lessons(from: reply.text()).map(\.key) == lessons.map(\.key), "read twice, kept once")
  }

  @Test func whatNobodySaidIsDropped() throws {
    #expect(try contents([item("fact", "The fiscal year ends in June.", quoting: "The fiscal year ends in June")]) == [])
    #expect(try contents([item("fact", "January sold most.", quoting: "January | 1200")]) == [], "facts are the person's")
    #expect(try contents([item("insight", "January sold 1201.", quoting: "January | 1200")]) == [], "a number that is nowhere")
    #expect(try contents([item("gossip", "Books.", quoting: "We close the books in March")]) == [])
    #expect(try contents([item("fact", "Books.", quoting: "We")]) == [], "two letters quote nothing")
    #expect(try contents(["text", 3, .null], summary: "It was 77.") == [])
    // What a small model said: the instructions, in place of what they ask for.
    let parroted = item("insight", "the results show that is worth knowing later", quoting: "January | 1200")
    #expect(try contents([parroted], summary: "the turn in one or two sentences") == [])
  }

  @Test(arguments: ["", "no JSON", "{", "}{", #"{"items": [}"#])
  func whatIsNotTheObjectIsAnError(_ reply: String) {
    #expect(throws: WireError.self) { try extraction.lessons(from: reply) }
  }

  @Test func aGreetingIsNotWorthACall() {
    let entries: [TranscriptEntry] = [
      .of(Timestamp()) { $0.taskStarted = .with { $0.taskId = "t" } },
      .of(Timestamp()) { $0.user = .with { $0.text = "Hello!" } },
    ]
    #expect(!TurnExtraction(taskId: "t", step: 1, entries: entries).isWorthAsking && extraction.isWorthAsking)
  }
}
