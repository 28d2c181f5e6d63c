import Wire

/// What somebody needs to mend a statement that a database refused, or that found nothing.
struct SQLRepair {
  private let scan: SchemaScan
  private let sql: String

  init(_ sql: String, _ scan: SchemaScan) {
    self.sql = sql
    self.scan = scan
  }

  // MARK: Refused

  /// Sentences about an error of the database; empty when there is nothing to add to it.
  func hints(for message: String) -> [String] {
    var hints: [String] = []
    if let name = unknownColumn(in: message) {
      let holders = scan.tables.filter { table in table.columns.contains { $0.name.lowercased() == name.lowercased() } }
      let present = aliases.filter { alias in holders.contains { $0.name.lowercased() == alias.table } }
      if let alias = present.first {
        hints.append("The column '\(name)' is in \(alias.table), which is '\(alias.name)' here: write \(alias.name).\(name).")
      } else if !holders.isEmpty {
        hints.append(
          "A column '\(name)' is in: \(holders.prefix(8).map(\.name).joined(separator: ", ")). Join the table that has it.")
      }
    }
    let lower = sql.lowercased()
    for rule in SQLDialectRules.of(scan.dialect) where lower.contains(rule.sign) || message.lowercased().contains(rule.sign) {
      hints.append(rule.sentence)
    }
    return hints
  }

  /// What the tables behind FROM and JOIN are called in the statement, in lower case.
  private var aliases: [(name: String, table: String)] {
    let words = sql.lowercased().split { !($0.isLetter || $0.isNumber || $0 == "_") }.map { String($0) }
    let known = Set(scan.tables.map { $0.name.lowercased() })
    let keywords: Set = [
      "on", "where", "join", "inner", "left", "right", "full", "cross", "group", "order", "limit", "using", "natural",
    ]
    var aliases: [(String, String)] = []
    for (index, word) in words.enumerated()
    where index > 0 && ["from", "join"].contains(words[index - 1]) && known.contains(word) {
      var next = index + 1
      if next < words.count, words[next] == "as" { next += 1 }
      let name = next < words.count && !keywords.contains(words[next]) ? words[next] : word
      aliases.append((name, word))
    }
    return aliases
  }

  /// `x` of SQLite's `no such column: t.x` and of PostgreSQL's `column t.x does not exist`.
  private func unknownColumn(in message: String) -> String? {
    var name: Substring?
    if let range = message.firstRange(of: "no such column: ") { name = message[range.upperBound...].prefix { $0 != " " } }
    if name == nil, let start = message.firstRange(of: "column "), let end = message.firstRange(of: " does not exist"),
      start.upperBound < end.lowerBound
    {
      name = message[start.upperBound..<end.lowerBound]
    }
    let plain = name?.filter { $0 != "\"" }.split(separator: ".").last.map { String($0) }
    return plain?.trimmingSuffix(".")
  }

  // MARK: Found nothing

  /// About values in the statement that no column has, when similar ones are there: `'usa'` where a column has `USA`.
  func valueHints() -> [String] {
    var hints: [String] = []
    for literal in literals() where hints.count < 4 {
      guard literal.count >= 2, !literal.contains("%"), !isKnown(literal) else { continue }
      let wanted = literal.lowercased()
      for table in scan.tables {
        for column in table.columns where column.allValues {
          guard let near = column.values.first(where: { Self.isNear($0.lowercased(), wanted) }), hints.count < 4 else { continue }
          hints.append("There is no value '\(literal)'; \(table.name).\(column.name) has '\(near)'.")
        }
      }
    }
    return hints
  }

  private func isKnown(_ literal: String) -> Bool {
    scan.tables.contains { table in table.columns.contains { $0.values.contains(literal) } }
  }

  private static func isNear(_ value: String, _ wanted: String) -> Bool {
    if value == wanted { return true }
    let (short, long) = value.count < wanted.count ? (value, wanted) : (wanted, value)
    if short.count >= 4, long.contains(short) { return true }
    return NearestNames.nearest(to: wanted, among: [value]).first != nil && wanted.count >= 4
  }

  /// The texts in single quotes.
  private func literals() -> [String] {
    var literals: [String] = []
    var current: String?
    for character in sql {
      if character == "'" {
        if let text = current { literals.append(text) }
        current = current == nil ? "" : nil
      } else {
        current?.append(character)
      }
    }
    return literals
  }
}

extension String {
  fileprivate func trimmingSuffix(_ suffix: String) -> String { hasSuffix(suffix) ? String(dropLast(suffix.count)) : self }
}

/// What a dialect writes in another way than the others.
enum SQLDialectRules {
  struct Rule: Sendable {
    /// In lower case, somewhere in the statement or in the database's message.
    let sign: String
    let sentence: String
  }

  static func of(_ dialect: Dialect) -> [Rule] {
    switch dialect {
    case .sqlite, .unspecified: sqlite
    case .postgresql: postgreSQL
    }
  }

  private static let sqlite = [
    Rule(sign: "extract(", sentence: "SQLite has no EXTRACT: use CAST(strftime('%Y', column) AS INTEGER), '%m' for months."),
    Rule(sign: "year(", sentence: "SQLite has no YEAR(): use strftime('%Y', column)."),
    Rule(sign: "month(", sentence: "SQLite has no MONTH(): use strftime('%m', column)."),
    Rule(sign: "date_trunc(", sentence: "SQLite has no date_trunc: use strftime('%Y-%m-01', column) for months."),
    Rule(sign: "to_char(", sentence: "SQLite has no to_char: use strftime or printf."),
    Rule(sign: "ilike", sentence: "SQLite has no ILIKE: its LIKE ignores case already."),
    Rule(sign: "::", sentence: "SQLite has no '::': use CAST(value AS type)."),
    Rule(sign: "interval '", sentence: "SQLite has no INTERVAL: use date(column, '+1 day')."),
    Rule(sign: "concat(", sentence: "This SQLite has no CONCAT: use a || b."),
    Rule(sign: "string_agg(", sentence: "SQLite has no string_agg: use group_concat(value, ', ')."),
    Rule(sign: "stddev(", sentence: "SQLite has no STDDEV: use the tool 'analyze', or sqrt(avg(x*x) - avg(x)*avg(x))."),
    Rule(sign: "misuse of aggregate", sentence: "An aggregate cannot stand in WHERE: use HAVING, or a subquery."),
  ]

  private static let postgreSQL = [
    Rule(sign: "strftime(", sentence: "PostgreSQL has no strftime: use extract(year FROM column) or to_char(column, 'YYYY-MM')."),
    Rule(sign: "julianday(", sentence: "PostgreSQL has no julianday: subtract dates."),
    Rule(sign: "group_concat(", sentence: "PostgreSQL has no group_concat: use string_agg(value, ', ')."),
    Rule(sign: "ifnull(", sentence: "PostgreSQL has no IFNULL: use coalesce."),
    Rule(sign: "round(double precision, integer)", sentence: "round with digits wants numeric: round(value::numeric, 2)."),
    Rule(sign: "must appear in the group by", sentence: "Put every column that is not aggregated into GROUP BY."),
    Rule(sign: "operator does not exist", sentence: "The two sides have different types: cast one, such as value::text."),
    Rule(sign: "aggregate functions are not allowed in where", sentence: "An aggregate cannot stand in WHERE: use HAVING."),
    Rule(sign: "`", sentence: "PostgreSQL quotes names with \"double quotes\", and texts with 'single quotes'."),
  ]
}
