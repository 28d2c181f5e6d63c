import Wire

/// Statements that are mended where it is clear what was meant. Whoever runs one says that it is another.
extension SQLRepair {
  /// The statement that was meant by one which the database refused, or nil when that is not clear:
  /// - the year, month or day of a table's only date, where it has no such column: `year` → `strftime('%Y', placed)`;
  /// - a name that PostgreSQL folds to lower case and that has capitals: `fullname` → `"FullName"`;
  /// - a column of the one table of the statement that has it: `T2.month` where `T2` has no month and only `T1` does.
  func mended(for message: String) -> String? {
    guard let column = unknownColumn(in: message) else { return nil }
    let written = (column.qualifier.map { $0 + "." } ?? "") + column.name
    if let part = DatePart(column.name), let moment = moment(column.qualifier?.lowercased()), !isNamed(column.name) {
      return replacing(written, with: part.sql(of: moment, scan.dialect))
    }
    if let named = inItsCase(column.name) {
      return replacing(written, with: (column.qualifier.map { $0 + "." } ?? "") + SQLName.quoted(named))
    }
    guard let wrong = column.qualifier?.lowercased() else { return nil }
    let holders = holders(of: column.name)
    let right = distinctAliases.filter { alias in
      alias.name != wrong && holders.contains { $0.name.lowercased() == alias.table }
    }
    guard right.count == 1, Set(distinctAliases.map(\.name)).count == distinctAliases.count else { return nil }
    let target = right[0].name + "." + column.name
    // Who writes both means two different things.
    guard replacing(target, with: "") == nil else { return nil }
    return replacing(written, with: target)
  }

  /// The statement as a count of its groups, if it counts the different values of what it groups by, which is 1 in each of them:
  /// `SELECT count(DISTINCT k) FROM t GROUP BY k HAVING …`.
  static func countingGroups(of sql: String) -> String? {
    let text = sql.lowercased()
    let words = text.split { !($0.isLetter || $0.isNumber || $0 == "_" || $0 == ".") }.map { String($0) }
    guard words.prefix(3) == ["select", "count", "distinct"], words.count > 5, words.filter({ $0 == "select" }).count == 1,
      !words.contains("order"), !words.contains("limit"), words.contains("having"),
      let group = words.firstIndex(of: "group"), words.dropFirst(group + 1).first == "by",
      words.dropFirst(group + 3).first == "having", words[3] == words[group + 2], words[4] == "from"
    else { return nil }
    let plain = sql.reversed().drop { $0.isWhitespace || $0 == ";" }.reversed()
    return "SELECT count(*) FROM (\(String(plain))) AS each_group"
  }

  /// The one column of the statement's tables that is called so but for case, where case counts.
  private func inItsCase(_ name: String) -> String? {
    guard scan.dialect == .postgresql else { return nil }
    var names: Set<String> = []
    for place in distinctAliases {
      guard let table = scan.tables.first(where: { $0.name.lowercased() == place.table }) else { continue }
      names.formUnion(table.columns.map(\.name).filter { $0.lowercased() == name.lowercased() })
    }
    guard names.count == 1, let only = names.first, only != name else { return nil }
    return only
  }

  /// The set operations of a statement name their tables again.
  private var distinctAliases: [(name: String, table: String)] {
    var seen: Set<String> = []
    return aliases.filter { seen.insert($0.name + " " + $0.table).inserted }
  }

  /// The statement gives this name to something, or asks for this part itself.
  private func isNamed(_ name: String) -> Bool {
    let text = sql.lowercased()
    return text.contains("as \(name.lowercased())") || text.contains("extract(")
  }

  /// The only date of the table that is called so in the statement, or of all its tables.
  func moment(_ alias: String?) -> DatePart.Moment? {
    var found: [DatePart.Moment] = []
    let several = distinctAliases.count > 1
    for place in distinctAliases where alias == nil || place.name == alias {
      guard let table = scan.tables.first(where: { $0.name.lowercased() == place.table }) else { continue }
      for column in table.columns where DatePart.isMoment(column, scan.dialect) {
        found.append(
          DatePart.Moment(
            table: table.name, column: column.name, sql: (several ? place.name + "." : "") + SQLName.spelled(column.name),
            isText: ColumnKind(ofType: column.type, scan.dialect) == .text))
      }
    }
    return found.count == 1 ? found[0] : nil
  }

  /// The statement with another text for this one, wherever it stands as a whole outside of quotes and is not called as a function;
  /// nil when it stands nowhere.
  private func replacing(_ written: String, with other: String) -> String? {
    let found = written.lowercased()
    var out = ""
    var rest = sql[...]
    var previous: Character = " "
    var quoted = false
    var isFound = false
    while let first = rest.first {
      if first == "'" { quoted.toggle() }
      let isWord = previous.isLetter || previous.isNumber || previous == "_" || previous == "." || previous == "\""
      if !quoted, !isWord, rest.prefix(found.count).lowercased() == found {
        let next = rest.dropFirst(found.count).first ?? " "
        if !(next.isLetter || next.isNumber || next == "_" || next == "(" || next == ".") {
          out += other
          rest = rest.dropFirst(found.count)
          previous = "x"
          isFound = true
          continue
        }
      }
      out.append(first)
      previous = first
      rest.removeFirst()
    }
    return isFound ? out : nil
  }
}

/// A part of a date that people ask for as if it were a column.
enum DatePart: String {
  case year, month, day

  struct Moment {
    let table: String
    let column: String
    /// As the statement writes it.
    let sql: String
    let isText: Bool
  }

  init?(_ name: String) { self.init(rawValue: name.lowercased()) }

  /// A number.
  func sql(of moment: Moment, _ dialect: Dialect) -> String {
    switch dialect {
    case .postgresql: "extract(\(rawValue) FROM \(moment.sql)\(moment.isText ? "::timestamp" : ""))"
    case .sqlite, .unspecified:
      "CAST(strftime('\(self == .year ? "%Y" : self == .month ? "%m" : "%d")', \(moment.sql)) AS INTEGER)"
    }
  }

  /// Whether a column holds dates that the database can take apart.
  static func isMoment(_ column: SchemaColumn, _ dialect: Dialect) -> Bool {
    let kind = ColumnKind(ofType: column.type, dialect)
    let values = column.values + [column.least, column.greatest].filter { !$0.isEmpty }
    if kind == .date, dialect == .postgresql { return true }
    return (kind == .date || kind == .text) && !values.isEmpty && values.allSatisfy(isISODate)
  }

  /// `2024-01-31`, with a time behind it or not.
  private static func isISODate(_ text: String) -> Bool {
    let parts = text.prefix(10).split(separator: "-", omittingEmptySubsequences: false)
    let rest = text.dropFirst(10).first
    return parts.map(\.count) == [4, 2, 2] && parts.allSatisfy { $0.allSatisfy(\.isNumber) }
      && (rest == nil || rest == " " || rest == "T")
  }
}
