import ArgumentParser
import JSON
import Testing
import Wire

@testable import kaictl

@Suite struct FilterTests {
  private let now = Timestamp(rfc3339: "2026-01-01T12:00:00Z") ?? Timestamp()

  private var task: JSONValue {
    TaskRecord.with { task in
      (task.id, task.sessionId, task.prompt) = ("task_1", "sess_1", "How many Orders?")
      (task.status, task.attempt, task.priority) = (.running, 2, -5)
      task.createdAt = now.advanced(milliseconds: -15 * 60_000)
      task.result = .with { $0.steps = 7 }
    }.json()
  }

  @Test(
    arguments: [
      ("status=running", true), ("status == running", true), ("status!=running", false), ("status=completed", false),
      ("attempt>1", true), ("attempt >= 2", true), ("attempt<2", false), ("attempt=2", true), ("priority<-4", true),
      ("priority>0", false),
      ("age>10m", true), ("age<10m", false), ("age>=15m and age<=15m", true), ("age>1h or status=running", true),
      ("status=running and age>10m", true), ("not status=running", false), ("not (status=running and age>1h)", true),
      ("prompt~orders", true), ("prompt !~ customers", true), ("prompt='How many Orders?'", true), ("prompt=\"x\"", false),
      ("session=sess_1", true), ("session_id=sess_2", false), ("result.steps=7", true), ("result.steps>7", false),
      ("not_before=''", false), ("(status=queued or status=running) and not age>1h", true), ("question.text=x", false),
      ("question.text!=x", true),
      ("id>task_0", true), ("STATUS=running", false), ("status=running AND attempt=2", true),
    ] as [(String, Bool)])
  func conditionsHoldOrNot(text: String, holds: Bool) throws {
    #expect(try Filter(parsing: text).matches(task, now: now) == holds, "\(text)")
  }

  @Test func labelsMayHaveDashes() throws {
    let session = Session.with { $0.mode = .fullAutonomy }.json()
    #expect(try Filter(parsing: "mode=full-autonomy").matches(session, now: now))
  }

  @Test(arguments: [
    "", "status", "status=", "=running", "status=running and", "status=running age>1", "(status=running", "status=running)",
    "prompt='x", "not", "a b c", String(repeating: "(", count: 100) + "a=1", String(repeating: "not ", count: 100) + "a=1",
  ])
  func whatMakesNoSenseSaysWhere(text: String) {
    let error = #expect(throws: WireError.self) { _ = try Filter(parsing: text) }
    #expect(error?.errorCode == .usage && error?.hint.isEmpty == false)
  }

  @Test func anUnknownFieldIsNamedWithThoseThereAre() throws {
    let error = #expect(throws: WireError.self) { try Filter(parsing: "stauts=running").require(fieldsOf: TaskRecord().json()) }
    #expect(error?.message.contains("stauts") == true && error?.hint.contains("status") == true)
    for known in ["age>1m", "session=x", "result.steps>1", "status=x and not prompt~y"] {
      try Filter(parsing: known).require(fieldsOf: TaskRecord().json())
    }
    #expect(throws: WireError.self) { try Filter(parsing: "idle>1m").require(fieldsOf: TaskRecord().json()) }
    try Filter(parsing: "idle>1m").require(fieldsOf: Session().json())
  }

  @Test func waitingIsForAStatusOrACondition() throws {
    guard case .ended? = WaitCondition(argument: "ended") else {
      Issue.record("ended")
      return
    }
    for text in ["running", "status=running or attempt>2"] {
      guard case .holds(let filter)? = WaitCondition(argument: text) else {
        Issue.record("\(text)")
        continue
      }
      #expect(filter.matches(task, now: now))
    }
    #expect(WaitCondition(argument: "nonsense") == nil)
  }
}

@Suite struct ManualPagesTests {
  @Test func everyCommandHasItsPlace() throws {
    let pages = try ManualPages(help: Kaictl._dumpHelp(), version: "1").pages
    let texts = Dictionary(uniqueKeysWithValues: pages.map { ($0.name, $0.text) })
    for command in CommandLineTests.commands {
      let page = try #require(texts["kaictl-\(command[0]).1"], "\(command)")
      let path = "kaictl " + command.joined(separator: " ").replacing("-", with: "\\-")
      #expect(page.contains(path), "\(command)")
    }
    let main = try #require(texts["kaictl.1"])
    #expect(main.contains("\\-\\-key\\-file <file>") && main.contains(".SH \"EXIT STATUS\""))
    #expect(texts["kaictl-session.1"]?.contains("\\-\\-recursion\\-limit <n>") == true)
  }

  @Test func nothingInThemIsACommandByChance() throws {
    for page in try ManualPages(help: Kaictl._dumpHelp(), version: "1").pages {
      for line in page.text.split(separator: "\n") where line.hasPrefix(".") || line.hasPrefix("'") {
        let known = [".TH ", ".SH ", ".SS ", ".TP", ".B ", ".I ", ".BR ", ".PP", ".br"]
        #expect(known.contains { line.hasPrefix($0) }, "\(page.name): \(line)")
      }
    }
  }
}
