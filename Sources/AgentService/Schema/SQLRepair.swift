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
    if let column = unknownColumn(in: message) { hints += columnHints(column.name) }
    if let table = unknownTable(in: message) {
      let names = scan.tables.map(\.name)
      let near = NearestNames.hint(for: table, among: names)
      hints.append(near.isEmpty ? "The tables are: \(names.prefix(30).joined(separator: ", "))." : String(near.dropFirst()))
    }
    let lower = sql.lowercased()
    for rule in SQLDialectRules.of(scan.dialect) where lower.contains(rule.sign) || message.lowercased().contains(rule.sign) {
      hints.append(rule.sentence)
    }
    return hints
  }

  /// The statement with a column taken from the one table in it that has it, or nil when that is not clear: `T2.month` where
  /// `T2` has no month and only `T1` does.
  func mended(for message: String) -> String? {
    guard let column = unknownColumn(in: message), let wrong = column.qualifier else { return nil }
    let holders = holders(of: column.name)
    let right = aliases.filter { alias in
      alias.name != wrong.lowercased() && holders.contains { $0.name.lowercased() == alias.table }
    }
    guard right.count == 1, Set(aliases.map(\.name)).count == aliases.count else { return nil }
    let target = right[0].name + "." + column.name
    let found = (wrong + "." + column.name).lowercased()
    var out = ""
    var rest = sql[...]
    var previous: Character = " "
    var quoted = false
    while let first = rest.first {
      if first == "'" { quoted.toggle() }
      let isWord = previous.isLetter || previous.isNumber || previous == "_" || previous == "." || previous == "\""
      if !quoted, !isWord, rest.lowercased().hasPrefix(found) {
        let next = rest.dropFirst(found.count).first ?? " "
        if !(next.isLetter || next.isNumber || next == "_") {
          out += target
          rest = rest.dropFirst(found.count)
          previous = "x"
          continue
        }
      }
      out.append(first)
      previous = first
      rest.removeFirst()
    }
    return out == sql ? nil : out
  }

  private func columnHints(_ name: String) -> [String] {
    let holders = holders(of: name)
    let present = aliases.filter { alias in holders.contains { $0.name.lowercased() == alias.table } }
    if let alias = present.first {
      return ["The column '\(name)' is in \(alias.table), which is '\(alias.name)' here: write \(alias.name).\(name)."]
    }
    guard !holders.isEmpty else { return [] }
    let joins = holders.prefix(3).compactMap(join)
    let list = holders.prefix(8).map(\.name).joined(separator: ", ")
    return ["A column '\(name)' is in: \(list). " + (joins.first.map { "Add: \($0)." } ?? "Join the table that has it.")]
  }

  private func holders(of column: String) -> [SchemaTable] {
    scan.tables.filter { table in table.columns.contains { $0.name.lowercased() == column.lowercased() } }
  }

  /// How a table is joined to one that the statement has, by the keys that are known.
  private func join(_ table: SchemaTable) -> String? {
    for alias in aliases {
      guard let here = scan.tables.first(where: { $0.name.lowercased() == alias.table }) else { continue }
      if let key = here.keys.first(where: { $0.table == table.name }) {
        return "JOIN \(table.name) ON \(table.name).\(key.foreignColumn) = \(alias.name).\(key.column)"
      }
      if let key = table.keys.first(where: { $0.table == here.name }) {
        return "JOIN \(table.name) ON \(table.name).\(key.column) = \(alias.name).\(key.foreignColumn)"
      }
    }
    return nil
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

  /// `t` and `x` of SQLite's `no such column: t.x` and of PostgreSQL's `column t.x does not exist`.
  private func unknownColumn(in message: String) -> (qualifier: String?, name: String)? {
    let named =
      Self.name(in: message, after: "no such column: ", until: " ")
      ?? Self.name(in: message, after: "column ", until: " does not exist")
    let parts = named?.split(separator: ".").map { String($0) } ?? []
    guard let name = parts.last else { return nil }
    return (parts.count > 1 ? parts[parts.count - 2] : nil, name)
  }

  private func unknownTable(in message: String) -> String? {
    Self.name(in: message, after: "no such table: ", until: " ")
      ?? Self.name(in: message, after: "relation ", until: " does not exist")
  }

  /// Without quotes and a full stop behind it.
  private static func name(in message: String, after start: String, until end: String) -> String? {
    guard let range = message.firstRange(of: start) else { return nil }
    let rest = message[range.upperBound...]
    let name = rest.firstRange(of: end).map { rest[..<$0.lowerBound] } ?? (end == " " ? rest : nil)
    guard var plain = name?.filter({ $0 != "\"" }) else { return nil }
    if plain.hasSuffix(".") { plain.removeLast() }
    return plain.isEmpty || plain.contains(" ") ? nil : String(plain)
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
