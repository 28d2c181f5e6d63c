import ArgumentParser
import JSON
import Wire

/// How a failure is told on stderr.
struct ErrorReport {
  let message: String
  let hint: String
  let code: ErrorCode
  /// The line breaks are those of kaictl itself; others are escaped, so that no name and no peer begins a line of its own.
  private let isLaidOut: Bool

  init(_ error: WireError) { self.init(error, isLaidOut: false) }

  private init(_ error: WireError, isLaidOut: Bool) {
    message = error.message
    hint = error.hint
    code = error.errorCode
    self.isLaidOut = isLaidOut
  }

  /// Nil for what needs no words: they were said when it happened.
  init?(_ error: any Error) {
    switch error {
    case let error as WireError: self.init(error)
    case let error as AwaitedTaskFailed: self.init(error.reason)
    case let error as ChildDied: self.init(WireError(.unavailable, error.message, hint: error.hint), isLaidOut: true)
    case is BatchFailed, is CancellationError, is ExitCode: return nil
    default: self.init(parsing: error)
    }
  }

  /// What ArgumentParser found wrong: its sentence, and where its help is.
  private init(parsing error: any Error) {
    let message = Kaictl.message(for: error)
    let lines = Kaictl.fullMessage(for: error).split(separator: "\n").map { $0.drop { $0 == " " } }
    let help = lines.last { $0.hasPrefix("See '") }.map(String.init)
    self.init(WireError(.usage, message.isEmpty ? "the command line is not valid" : message, hint: help), isLaidOut: true)
  }

  /// `error: …` and `hint: …`; data in them cannot move the cursor.
  func text(on terminal: Terminal) -> String {
    func escaped(_ text: String) -> String { isLaidOut ? Escaping.paragraph(text) : Escaping.line(text) }
    var out = terminal.styled("error:", .red) + " " + escaped(message) + "\n"
    if !hint.isEmpty { out += terminal.styled("hint:", .cyan) + " " + escaped(hint) + "\n" }
    return out
  }

  /// One line for programs.
  var jsonLine: String {
    let json: JSONValue = [
      "error": [
        "code": .integer(Int64(code.rawValue)), "name": .string(code.name), "message": .string(message),
        "hint": .string(hint),
      ]
    ]
    return Escaping.json(json.text()) + "\n"
  }

  /// Whether the command line asks for JSON; read from the raw arguments, since they may be what is wrong.
  static func wantsJSON(_ arguments: [String]) -> Bool {
    let forms: Set<String> = ["json", "jsonl"]
    for (index, argument) in arguments.enumerated() {
      if argument == "--" { return false }
      if argument == "-o" || argument == "--output", index + 1 < arguments.count, forms.contains(arguments[index + 1]) {
        return true
      }
      if argument.hasPrefix("--output="), forms.contains(String(argument.dropFirst("--output=".count))) { return true }
    }
    return false
  }
}
