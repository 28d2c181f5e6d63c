import SchemaIndex
import Wire

/// What a model is told of a schema before it begins: all of a small one; of a large one the tables that the question seems to be
/// about, and how to find the others.
struct SchemaBriefing {
  /// The source of the context entry.
  static let source = "schema"
  /// Tables that are described of a schema that does not fit.
  static let tables = 6
  /// Values that are shown of a column.
  private static let values = 12
  private static let lineCharacters = 90

  private static let wholeTitle = "The tables of the database:\n\n"

  /// Whether an entry tells of every table.
  static func isWhole(_ entry: ContextEntry) -> Bool { entry.source == source && entry.text.hasPrefix(wholeTitle) }

  /// - Parameter bytes: what the text may have.
  static func text(of schema: SessionSchema, for question: String, bytes: Int) async throws(WireError) -> String {
    let scan = try await schema.scan()
    guard !scan.tables.isEmpty else { return "The database has no tables." }
    let all = scan.tables.map { describe($0, scan) }
    let zone = scan.notes.first { $0.hasPrefix(SchemaScan.zoneNote) }.map { "-- \($0)\n" } ?? ""
    if all.reduce(zone.utf8.count, { $0 + $1.utf8.count }) <= bytes {
      return wholeTitle + all.joined(separator: "\n") + zone
    }
    let (_, found, bridges) = try await schema.search(question, limit: tables)
    var text = "The database has \(scan.tables.count) tables; these seem to be about the question:\n\n"
    var shown = 0
    var tooLarge: [String] = []
    for index in found + bridges {
      guard text.utf8.count + all[index].utf8.count + zone.utf8.count + 200 <= bytes else {
        tooLarge.append(scan.tables[index].name)
        continue
      }
      text += all[index] + "\n"
      shown += 1
    }
    if shown == 0 {
      text = "The database has \(scan.tables.count) tables; "
      text +=
        tooLarge.isEmpty ? "none of them has words of the question.\n" : "those of the question are too large to show here.\n"
    }
    if !tooLarge.isEmpty {
      text += "\nNot shown, though they seem to be about the question: \(tooLarge.joined(separator: ", ")).\n"
    }
    return text + (zone.isEmpty ? "" : "\n" + zone) + "\nFind others with search_schema, and describe them with describe_tables."
  }

  /// A table as SQL that would make it, with what its rows say as comments.
  static func describe(_ table: SchemaTable, _ scan: SchemaScan) -> String {
    let name = table.schema.isEmpty && SQLName.isPlain(table.name) ? table.name : table.sqlName
    var text = table.isView ? "CREATE VIEW \(name) (" : "CREATE TABLE \(name) ("
    var remarks: [String] = []
    if let rows = table.rows { remarks.append("\(table.rowsAreEstimated ? "about " : "")\(rows) rows") }
    if !table.comment.isEmpty { remarks.append(table.comment.oneLine) }
    if !remarks.isEmpty { text += " -- " + remarks.joined(separator: "; ") }
    text += "\n"
    let keys = table.columns.filter(\.primaryKey).map(\.name)
    for column in table.columns {
      text += "  \(SQLName.spelled(column.name)) \(column.type)"
      if column.primaryKey, keys.count == 1 { text += " PRIMARY KEY" }
      for key in table.keys where key.column == column.name { text += " REFERENCES \(key.table)(\(key.foreignColumn))" }
      text += ","
      let remark = remark(on: column, of: table, scan.dialect)
      text += (remark.isEmpty ? "" : " -- " + remark) + "\n"
    }
    if keys.count > 1 { text += "  PRIMARY KEY (\(keys.map(SQLName.spelled).joined(separator: ", ")))\n" }
    return text + ");\n"
  }

  private static func remark(on column: SchemaColumn, of table: SchemaTable, _ dialect: Dialect) -> String {
    var parts: [String] = []
    if !column.comment.isEmpty { parts.append(column.comment.oneLine) }
    let isText = ColumnKind(ofType: column.type, dialect) == .text
    if isText || (column.allValues && column.values.count <= Self.values) {
      let shown = Self.shown(column.values.map { isText ? "'\($0.oneLine)'" : $0 })
      let more = column.values.count - shown.count
      if !shown.isEmpty {
        let list = shown.joined(separator: ", ")
        parts.append(column.allValues ? list + (more > 0 ? " and \(more) more" : "") : "such as " + list)
      }
    } else if !column.least.isEmpty, !column.primaryKey {
      let basis = table.sampledRows.map { " in the first \($0) rows" } ?? ""
      parts.append("\(column.least) to \(column.greatest)\(basis)")
    }
    return parts.joined(separator: "; ")
  }

  /// As many values as a line holds.
  private static func shown(_ values: [String]) -> [String] {
    var length = 0
    return Array(
      values.prefix(Self.values).prefix { value in
        length += value.count + 2
        return length <= Self.lineCharacters || length == value.count + 2
      })
  }
}

extension String {
  /// Without line breaks, which would end a comment.
  fileprivate var oneLine: String { String(map { $0.isNewline ? " " : $0 }) }
}
