import JSON
import Wire

/// Writes data on stdout in the form the user chose, and talk on stderr.
struct Printer: Sendable {
  let form: OutputForm
  /// Data.
  let out: Terminal
  /// Talk.
  let talk: Terminal
  /// What "3 m ago" is measured from.
  let now: Timestamp
  private let assumesYes: Bool

  init(form: OutputForm = .table, noColor: Bool, assumesYes: Bool = false, now: Timestamp = .now) {
    self.form = form
    out = Terminal(descriptor: 1, noColor: noColor)
    talk = Terminal(descriptor: 2, noColor: noColor)
    self.now = now
    self.assumesYes = assumesYes
  }

  init(_ options: GlobalOptions) {
    self.init(form: options.output, noColor: options.noColor, assumesYes: options.yes)
  }

  /// One line of data.
  func line(_ text: String) { out.write(Escaping.line(text) + "\n") }

  /// One JSON value: spread over lines for `json`, on one line for `jsonl`.
  func json(_ value: JSONValue) { out.write(Escaping.json(value.text(pretty: form == .json)) + "\n") }

  /// One line of talk, whatever is in it: names and what comes from a peer can neither move the cursor nor begin a line of their own.
  func say(_ text: String, _ style: Style? = nil) {
    let line = Escaping.line(text)
    talk.write((style.map { talk.styled(line, $0) } ?? line) + "\n")
  }

  func warn(_ text: String) { talk.write(talk.styled("warning:", .yellow) + " " + Escaping.line(text) + "\n") }

  /// A moment: `3 m ago` in a table, in full where it is wide.
  func time(_ time: Timestamp) -> String {
    if time.microseconds == 0 { return "" }
    return form == .wide ? time.rfc3339 : time.relative(to: now)
  }

  /// Asks before something that cannot be undone. Goes on with `-y`; without a person to ask it refuses.
  /// - Throws: `usage` when nobody can be asked, `cancelled` when the person says no.
  func confirm(_ question: String) throws(WireError) {
    if assumesYes { return }
    guard Terminal(descriptor: 0, noColor: true).isTerminal, talk.isTerminal else {
      throw WireError(
        .usage, "this cannot be undone, and there is no terminal to ask at: \(question)", hint: "Say -y when it is meant.")
    }
    talk.write("\(Escaping.line(question)) [y/N] ")
    let answer = readLine()?.lowercased()
    guard answer == "y" || answer == "yes" else { throw WireError(.cancelled, "nothing was changed", hint: "") }
  }
}

extension Printer {
  /// Something made or changed: its id for people and scripts, or the object.
  func object(_ message: some WireMessage, id: String, showingSecrets: Bool = false) {
    if form.isJSON { json(message.json(showingSecrets: showingSecrets)) } else { line(id) }
  }

  /// One thing with its fields, those without a value left out.
  func detail(_ message: some WireMessage, id: String, _ fields: [(label: String, value: String)]) {
    if form.isJSON || form == .ids { return object(message, id: id) }
    out.write(Self.aligned(fields).map { label, value in out.styled(label, .bold) + "  " + value + "\n" }.joined())
  }

  private static func aligned(_ fields: [(label: String, value: String)]) -> [(String, String)] {
    let shown = fields.filter { !$0.value.isEmpty }
    let width = shown.reduce(0) { max($0, $1.label.displayWidth) }
    return shown.map { field in
      let padding = String(repeating: " ", count: width - field.label.displayWidth)
      let lines = field.value.split(separator: "\n", omittingEmptySubsequences: false).map { Escaping.line($0) }
      // The lines after the first stand below it.
      return (field.label + padding, lines.joined(separator: "\n" + String(repeating: " ", count: width + 2)))
    }
  }

  /// A table for people, as wide as the screen.
  func table(_ table: Table) {
    let lines = table.lines(width: out.width) { out.styled($0, .bold) }
    out.write(lines.joined(separator: "\n") + "\n")
  }
}
