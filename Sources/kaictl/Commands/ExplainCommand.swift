import ArgumentParser
import JSON
import Wire

struct ExplainCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain", abstract: "Say what an error code means and what to do about it.",
    discussion: "Without a code: the whole table.")
  @Argument(help: "The code: its number or its name, such as 301 or not_found.") var code: String?
  @OptionGroup(title: "Global options") var options: GlobalOptions

  func run() async throws {
    let printer = Printer(options)
    guard let code else { return showAll(printer) }
    guard let row = ErrorTable.row(named: code) else {
      throw WireError(.notFound, "there is no error '\(code)'", hint: "'kaictl explain' lists them all.")
    }
    switch printer.form {
    case .json, .jsonl: printer.json(row.json)
    case .ids: printer.line("\(row.code.rawValue)")
    case .table, .wide:
      printer.out.write(printer.out.styled("\(row.code.rawValue) \(row.name)", .bold) + "\n")
      printer.line(row.sentence)
      printer.line("What to do: \(row.hint)")
      printer.line("Retry: \(row.retry.label). Exit code: \(row.exit).")
    }
  }

  private func showAll(_ printer: Printer) {
    switch printer.form {
    case .json: printer.json(.array(ErrorTable.rows.map(\.json)))
    case .jsonl: for row in ErrorTable.rows { printer.json(row.json) }
    case .ids: for row in ErrorTable.rows { printer.line("\(row.code.rawValue)") }
    case .table, .wide:
      printer.rows(
        ErrorTable.rows,
        [
          .number("CODE") { UInt64($0.code.rawValue) }, .text("NAME") { $0.name },
          .number("EXIT") { UInt64($0.exit.magnitude) }, .text("RETRY", wide: true) { $0.retry.label },
          .text("MEANING", shrinks: true) { $0.sentence }, .text("WHAT TO DO", wide: true) { $0.hint },
        ])
    }
  }
}

extension ErrorRow {
  fileprivate var json: JSONValue {
    [
      "code": .integer(Int64(code.rawValue)), "name": .string(name), "retry": .string(retry.label),
      "exit": .integer(Int64(exit)), "sentence": .string(sentence), "hint": .string(hint),
    ]
  }
}
