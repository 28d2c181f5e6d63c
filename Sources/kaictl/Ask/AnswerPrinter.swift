import Wire

/// Shows how a task ended: the answer and its table as data, the rest as talk.
struct AnswerPrinter {
  let printer: Printer
  let task: TaskRecord
  let result: TaskResult

  func print() {
    if !result.answer.isEmpty { printer.out.write(Escaping.paragraph(result.answer) + "\n") }
    if let table = result.table, !table.columns.isEmpty {
      if !result.answer.isEmpty { printer.out.write("\n") }
      printer.table(Table(answer: table, forPeople: printer.out.isTerminal, language: result.language))
    }
    if !result.insights.isEmpty {
      printer.out.write("\nWorth knowing:\n")
      for insight in result.insights { printer.out.write("  - \(Escaping.line(insight))\n") }
    }
    talk()
  }

  private func talk() {
    section("Could not be done:", result.degraded, .yellow)
    if !result.untracedNumbers.isEmpty {
      printer.say("")
      printer.say("No query gave these numbers of the answer: \(result.untracedNumbers.joined(separator: ", "))", .yellow)
    }
    section("Following what was taught:", result.used.map { "\($0.source): \($0.text.split(separator: "\n").first ?? "")" })
    section("From:", queries)
    section("Files:", files)
    section("You could ask next:", result.suggestions)
    printer.say("")
    printer.say("Go on with:  kaictl ask --session \(task.sessionId) \"…\"", .dim)
  }

  /// The last queries, each with its rows and a hash that says whether two results are the same.
  private var queries: [String] {
    result.sqlUsed.suffix(Self.shownQueries).map { used in
      let sql = used.sql.split(whereSeparator: \.isWhitespace).joined(separator: " ").truncated(toWidth: Self.queryWidth)
      let hash = used.rowsHash.isEmpty ? "" : ", rows #\(used.rowsHash.prefix(8))"
      return "\(sql)  (\(Quantities.count(used.rowCount, "row"))\(hash))"
    }
  }

  private static let shownQueries = 3
  private static let queryWidth = 160

  /// The files, each with the command that brings it here.
  private var files: [String] {
    let width = result.artifacts.reduce(0) { max($0, $1.displayWidth) }
    return result.artifacts.map { path in
      let padding = String(repeating: " ", count: width - path.displayWidth)
      return "\(path)\(padding)  " + Self.fetching(path, of: task.sessionId)
    }
  }

  private func section(_ title: String, _ lines: [String], _ style: Style? = nil) {
    guard !lines.isEmpty else { return }
    printer.say("")
    printer.say(title, style)
    for line in lines { printer.say("  - " + line) }
  }

  /// The command that brings a file here under its own name, which kaictl must not take for an option.
  static func fetching(_ path: String, of sessionId: String) -> String {
    let (word, file) = (ShellWord.quoted(path), ShellWord.path(path))
    return path.hasPrefix("-")
      ? "kaictl artifact get \(sessionId) -f \(file) -- \(word)" : "kaictl artifact get \(sessionId) \(word) -f \(file)"
  }
}

extension Table {
  /// An answer's table: columns of numbers to the right, NULL as `NULL`.
  /// - Parameter forPeople: with thousands separators, and without more decimals than anybody reads.
  init(answer: AnswerTable, forPeople: Bool, language: Language = .en) {
    let columns = answer.columns.enumerated().map { index, title in
      let cells = answer.rows.compactMap { index < $0.cells.count ? $0.cells[index] : nil }.filter { $0.text != nil }
      let isNumeric = !cells.isEmpty && cells.allSatisfy(\.isNumber)
      return Column(title: title, alignment: isNumeric ? .right : .left, shrinks: !isNumeric)
    }
    let rows = answer.rows.map { row in
      row.cells.enumerated().map { index, cell in
        guard let exact = cell.text else { return "NULL" }
        let text = forPeople && cell.isNumber ? Quantities.rounded(exact) : exact
        let mayGroup = forPeople && cell.isNumber && index < columns.count && Self.isQuantity(columns[index].title, text)
        let shown = mayGroup ? Quantities.grouped(text) : text
        return forPeople && cell.isNumber ? Quantities.localized(shown, language) : shown
      }
    }
    self.init(columns: columns, rows: rows)
  }

  /// Years, ids and codes are numbers that nobody counts with.
  private static func isQuantity(_ title: String, _ text: String) -> Bool {
    let words = title.lowercased().split { !$0.isLetter }
    let names: Set<Substring> = ["id", "year", "code", "zip", "number", "no", "key", "postcode", "phone"]
    let whole = text.drop { $0 == "-" }.prefix { $0 != "." }
    return whole.count > 4 && !words.contains(where: names.contains)
  }
}
