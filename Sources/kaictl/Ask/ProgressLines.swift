import Wire

/// Tells a person what happens to a task, a line an event: step, tool, SQL, rows, time.
struct ProgressLines {
  private let terminal: Terminal
  /// The cursor is behind tokens, or behind a line that the next one replaces.
  private var cursor = Cursor.atLineStart
  /// The model's text was shown as it came, so its message need not be shown again.
  private var showedTokens = false

  private enum Cursor {
    case atLineStart, behindTokens, behindTransient
  }

  init(terminal: Terminal) { self.terminal = terminal }

  mutating func show(_ event: Event) {
    switch event.kind {
    case .taskQueued: line("queued", .dim)
    case .taskStarted:
      let attempt = event.attempt > 1 ? ", attempt \(event.attempt)" : ""
      let resumed = event.resumed ? ", resumed after step \(event.step)" : ""
      line("\(event.nodeName.isEmpty ? "a node" : event.nodeName) works on it\(attempt)\(resumed)", .dim)
    case .token:
      if cursor == .behindTransient { clearTransient() }
      terminal.write(terminal.styled(Escaping.paragraph(event.text), .dim))
      cursor = event.text.hasSuffix("\n") ? .atLineStart : .behindTokens
      showedTokens = true
    case .assistantMessage:
      if !showedTokens, !event.text.isEmpty { line(event.text, .dim) }
      showedTokens = false
    case .toolStarted: transient(parts(event, ["…"]))
    case .toolFinished: tool(event)
    case .taskRequeued: line("queued again" + Self.suffix(event.text), .yellow)
    case .sessionChanged: line("session" + Self.suffix(event.text), .dim)
    case .questionAnswered: line("asked: \(event.question?.text ?? "")  \(event.text)", .dim)
    case .notice: line(event.text, .yellow)
    case .sessionDeleted: line("the session was deleted", .yellow)
    case .taskFinished: line((event.result?.status ?? .completed).label + Self.effort(event.result), .dim)
    // Whoever follows puts it before the person.
    case .questionAsked: toLineStart()
    case .contextLoaded: line("knows: \(event.text)", .dim)
    case .thinking: line("thinks: " + Self.oneLine(event.text).truncated(toWidth: Self.thoughtWidth), .dim)
    case .todosUpdated: for todo in event.todos { line("  \(Self.mark(todo.status)) \(todo.text)", .dim) }
    case .chartDrawn, .artifactWritten: line("      wrote \(event.text)", .dim)
    // The tools of the step were shown when they ended, and the answer is shown by whoever waits for it.
    case .stepCommitted, .answerGiven, .unspecified: return
    }
  }

  /// `step  tool  SQL  rows  time`, and what went wrong below it.
  private mutating func tool(_ event: Event) {
    var outcome: [String] = []
    if let rows = event.rowCount { outcome.append(Quantities.count(rows, "row")) }
    outcome.append(Quantities.milliseconds(event.elapsedMs))
    line(parts(event, outcome).joined(separator: "  "), event.isError ? .red : nil)
    if event.isError, !event.text.isEmpty { line("      " + event.text, .red) }
  }

  /// Step, tool, SQL and `outcome`. A long SQL is cut so that the outcome stays on the line; `-o json` has it whole.
  private func parts(_ event: Event, _ outcome: [String]) -> [String] {
    let step = event.step == 0 ? "" : "\(event.step)"
    let number = String(repeating: " ", count: max(0, 4 - step.count)) + step
    let detail = Self.oneLine(event.sql.isEmpty ? (event.isError ? "" : event.text) : event.sql)
    let tool = event.agent.isEmpty ? event.tool : "\(event.agent): \(event.tool)"
    let fixed = ([number, tool] + outcome).joined(separator: "  ")
    let room = (terminal.width.map { $0 - 1 } ?? Self.widthWithoutTerminal) - fixed.displayWidth - 2
    let shown = detail.truncated(toWidth: max(Self.minDetailWidth, room))
    return ([number, tool, shown] + outcome).filter { !$0.isEmpty }
  }

  /// Columns of what the model thinks.
  private static let thoughtWidth = 400

  private static func mark(_ status: TodoStatus) -> String {
    switch status {
    case .done: "[x]"
    case .inProgress: "[>]"
    case .pending, .unspecified: "[ ]"
    }
  }

  /// Columns of a line in a file or a pipe.
  private static let widthWithoutTerminal = 240
  private static let minDetailWidth = 12

  private static func oneLine(_ text: String) -> String {
    text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }

  private static func suffix(_ text: String) -> String { text.isEmpty ? "" : ": \(text)" }

  private static func effort(_ result: TaskResult?) -> String {
    guard let result else { return "" }
    let time = result.usage.map { ", " + Quantities.milliseconds($0.elapsedMs) } ?? ""
    return " in \(Quantities.count(result.steps, "step"))\(time)" + (result.resumed ? ", resumed on the way" : "")
  }

  private mutating func toLineStart() {
    switch cursor {
    case .atLineStart: break
    case .behindTokens: terminal.write("\n")
    case .behindTransient: clearTransient()
    }
    cursor = .atLineStart
  }

  private mutating func line(_ text: String, _ style: Style?) {
    toLineStart()
    for part in text.split(separator: "\n") {
      let shown = cut(Escaping.line(part))
      terminal.write((style.map { terminal.styled(shown, $0) } ?? shown) + "\n")
    }
  }

  /// A line that the next one replaces; only where the cursor can be moved.
  private mutating func transient(_ parts: [String]) {
    guard terminal.usesColor else { return }
    if cursor == .behindTokens { terminal.write("\n") }
    if cursor == .behindTransient { clearTransient() }
    terminal.write(terminal.styled(cut(Escaping.line(parts.joined(separator: "  "))), .dim))
    cursor = .behindTransient
  }

  private func clearTransient() { terminal.write("\r\u{1b}[K") }

  private func cut(_ text: String) -> String { terminal.width.map { text.truncated(toWidth: $0 - 1) } ?? text }
}
