import Wire

/// What somebody needs to mend a statement that a database refused, or that found nothing.
struct SQLRepair {
  let scan: SchemaScan
  let sql: String

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
      let near = NearestNames.quoting(table, among: names, scan.dialect) ?? NearestNames.hint(for: table, among: names)
      hints.append(near.isEmpty ? "The tables are: \(names.prefix(30).joined(separator: ", "))." : String(near.dropFirst()))
    }
    hints += SQLDialectRules.sentences(scan.dialect, statement: sql.lowercased(), message: message.lowercased())
    // The database's own words may have been added to already.
    return hints.filter { !message.contains($0) }
  }

  private func columnHints(_ name: String) -> [String] {
    if let part = DatePart(name), let moment = moment(nil) {
      return ["\(moment.table) has no '\(name)', but '\(moment.column)': write \(part.sql(of: moment, scan.dialect))."]
    }
    let holders = holders(of: name)
    let present = aliases.compactMap { alias in
      holders.first { $0.name.lowercased() == alias.table }.map { (alias: alias, table: $0) }
    }
    if let found = present.first {
      let column = SQLName.spelled(Self.column(name, of: found.table)?.name ?? name)
      let called = found.alias.name == found.alias.table ? found.table.sqlName(in: scan.dialect) : found.alias.name
      let quotes = NearestNames.quoting(name, among: found.table.columns.map(\.name), scan.dialect)
      return ["The column '\(name)' is in \(found.table.name): write \(called).\(column)."]
        + [quotes].compactMap { $0?.dropFirst() }.map { String($0) }
    }
    guard !holders.isEmpty else { return [] }
    let joins = holders.prefix(3).compactMap(join)
    let list = holders.prefix(8).map(\.name).joined(separator: ", ")
    return ["A column '\(name)' is in: \(list). " + (joins.first.map { "Add: \($0)." } ?? "Join the table that has it.")]
  }

  static func column(_ name: String, of table: SchemaTable) -> SchemaColumn? {
    table.columns.first { $0.name == name } ?? table.columns.first { $0.name.lowercased() == name.lowercased() }
  }

  func holders(of column: String) -> [SchemaTable] {
    scan.tables.filter { table in table.columns.contains { $0.name.lowercased() == column.lowercased() } }
  }

  /// How a table is joined to one that the statement has, by the keys that are known.
  private func join(_ table: SchemaTable) -> String? {
    for alias in aliases {
      guard let here = scan.tables.first(where: { $0.name.lowercased() == alias.table }) else { continue }
      if let key = here.keys.first(where: { $0.table == table.name }) {
        return joined(table, key.foreignColumn, alias.name, key.column)
      }
      if let key = table.keys.first(where: { $0.table == here.name }) {
        return joined(table, key.column, alias.name, key.foreignColumn)
      }
    }
    return nil
  }

  private func joined(_ table: SchemaTable, _ column: String, _ alias: String, _ other: String) -> String {
    let name = table.sqlName(in: scan.dialect)
    return "JOIN \(name) ON \(name).\(SQLName.spelled(column)) = \(alias).\(SQLName.spelled(other))"
  }

  /// What the tables behind FROM and JOIN are called in the statement, in lower case.
  var aliases: [(name: String, table: String)] {
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
  func unknownColumn(in message: String) -> (qualifier: String?, name: String)? {
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

extension SchemaTable {
  /// Its name as a person writes it: in quotes where the dialect wants them.
  func sqlName(in dialect: Dialect) -> String {
    if !schema.isEmpty { return sqlName }
    return dialect == .postgresql || !SQLName.isPlain(name.lowercased()) ? SQLName.spelled(name) : name
  }
}
