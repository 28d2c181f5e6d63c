import JSON
import Wire

/// One entry of a transcript for people.
struct EntryText {
  /// Ends with a line break.
  let text: String

  /// - Parameter terminal: decides about colours.
  init(_ entry: TranscriptEntry, on terminal: Terminal) {
    var out = ""
    func add(_ label: String, _ body: String) {
      let shown = Escaping.paragraph(body).split(separator: "\n", omittingEmptySubsequences: false)
      let label = terminal.styled(label, .cyan)
      out += shown.count < 2 ? "  \(label)  \(shown.first ?? "")\n" : "  \(label)\n"
      if shown.count >= 2 { out += shown.map { "    \($0)\n" }.joined() }
    }
    if let part = entry.taskStarted {
      let how = part.resumed ? "resumed from step \(part.fromStep)" : "started"
      add("task", "\(part.taskId) \(how) on \(part.nodeName), attempt \(part.attempt)")
    }
    if let part = entry.user { add("user", part.text) }
    if let part = entry.context { add("context from \(Escaping.line(part.source))", part.text) }
    if let part = entry.assistant {
      if !part.thinking.isEmpty { add("thinking", part.thinking) }
      if !part.text.isEmpty { add("assistant", part.text) }
      for call in part.toolCalls { add("calls \(Escaping.line(call.name))", call.arguments) }
    }
    if let part = entry.toolIntent { add("about to run", "\(part.name) (\(part.effect))") }
    if let part = entry.toolResult {
      let rows = part.rowCount.map { ", " + Quantities.count($0, "row") } ?? ""
      let failed = part.isError ? " failed" : ""
      add("\(Escaping.line(part.name))\(failed) (\(Quantities.milliseconds(part.elapsedMs))\(rows))", part.content)
      if !part.remark.isEmpty { add("remark", part.remark) }
      for path in part.artifacts { add("wrote", path) }
    }
    if let part = entry.summary { add("summary of what was before", part.text) }
    if let part = entry.question {
      let call = part.kind == .input ? "" : "\n\(part.call?.name ?? "") \(part.call?.arguments ?? "")"
      add("asks (\(Escaping.line(part.id)))", part.text + call)
    }
    if let part = entry.answer {
      let who = part.keyName.isEmpty ? part.keyId : part.keyName
      let said = [part.text, part.arguments, part.note].filter { !$0.isEmpty }.joined(separator: "\n")
      add("\(part.verdict.label) by \(who.isEmpty ? "nobody" : Escaping.line(who))", said)
    }
    if let part = entry.taskFinished { add("task", "\(part.taskId) \(part.status.label)") }
    text = out
  }
}
