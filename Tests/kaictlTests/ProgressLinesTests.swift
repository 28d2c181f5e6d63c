import Glibc
import Testing
import Wire

@testable import kaictl

@Suite struct ProgressLinesTests {
  /// What the lines look like where there is no terminal.
  private func text(_ events: [Event]) -> [String] {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { return [] }
    var lines = ProgressLines(terminal: Terminal(descriptor: ends[1], noColor: true))
    for event in events { lines.show(event) }
    close(ends[1])
    var bytes = [UInt8](repeating: 0, count: 64 * 1024)
    let count = read(ends[0], &bytes, bytes.count)
    close(ends[0])
    return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self).split(separator: "\n").map(String.init)
  }

  private func event(_ kind: EventKind, _ fill: (inout Event) -> Void = { _ in }) -> Event {
    var event = Event()
    event.kind = kind
    fill(&event)
    return event
  }

  @Test func aToolIsOneLineWithStepSQLRowsAndTime() {
    let shown = text([
      event(.toolStarted) { $0.tool = "sql_query" },
      event(.toolFinished) {
        $0.step = 12
        $0.tool = "sql_query"
        $0.sql = "SELECT *\n  FROM t"
        $0.rowCount = 1_234
        $0.elapsedMs = 45
      },
    ])
    #expect(shown == ["  12  sql_query  SELECT * FROM t  1,234 rows  45 ms"])
  }

  @Test func aLongSQLIsCutAndItsRowsAndTimeAreStillThere() {
    let shown = text([
      event(.toolFinished) {
        $0.step = 5
        $0.tool = "sql_query"
        $0.sql = "SELECT " + String(repeating: "a, ", count: 1_000) + "b FROM t"
        $0.rowCount = 7
        $0.elapsedMs = 3
      }
    ])
    #expect(shown.count == 1)
    #expect(shown.first?.hasPrefix("   5  sql_query  SELECT a, a,") == true)
    #expect(shown.first?.hasSuffix("…  7 rows  3 ms") == true)
    #expect((shown.first?.displayWidth ?? 0) <= 240)
  }

  @Test func aFailedToolSaysWhy() {
    let shown = text([
      event(.toolFinished) {
        $0.tool = "sql_query"
        $0.isError = true
        $0.text = "no such column: x"
      }
    ])
    #expect(shown.count == 2)
    #expect(shown.last?.contains("no such column: x") == true)
  }

  @Test func tokensAreNotRepeatedByTheirMessage() {
    let shown = text([
      event(.token) { $0.text = "Let me " }, event(.token) { $0.text = "look." },
      event(.assistantMessage) { $0.text = "Let me look." }, event(.assistantMessage) { $0.text = "Another." },
    ])
    #expect(shown == ["Let me look.", "Another."])
  }

  @Test func aHandOverIsTold() {
    let shown = text([
      event(.taskRequeued) { $0.text = "node n1 is gone" },
      event(.taskStarted) {
        $0.nodeName = "n2"
        $0.attempt = 2
        $0.resumed = true
        $0.step = 7
      },
    ])
    #expect(shown == ["queued again: node n1 is gone", "n2 works on it, attempt 2, resumed after step 7"])
  }

  @Test func whatAModelWritesCannotMoveTheCursor() {
    let shown = text([event(.token) { $0.text = "\u{1b}[2J" }, event(.notice) { $0.text = "\u{9b}1A" }])
    #expect(shown == ["\\u{1b}[2J", "\\u{9b}1A"])
  }
}
