import Wire

/// What can be done with a column's values, as far as its declared type tells.
enum ColumnKind: Sendable, Equatable {
  case integer
  case real
  case text
  /// Dates and times.
  case date
  /// Has no least value, no average, or neither.
  case other

  init(ofType type: String, _ dialect: Dialect) {
    self = dialect == .postgresql ? Self.ofPostgreSQL(type) : Self.ofSQLite(type)
  }

  /// PostgreSQL's own names, as `format_type` writes them.
  private static func ofPostgreSQL(_ type: String) -> ColumnKind {
    let name = type.split(separator: "(").first.map { String($0) } ?? type
    return switch name {
    case "smallint", "integer", "bigint": .integer
    case "numeric", "real", "double precision": .real
    case "text", "character varying", "character", "citext", "name": .text
    case "date": .date
    // They have a few values, which are asked for by name.
    case "boolean": .text
    case _ where name.hasSuffix(" enum"): .text
    default: name.hasPrefix("timestamp") && !name.hasSuffix("[]") ? .date : .other
    }
  }

  /// Any text that somebody wrote behind a column's name.
  private static func ofSQLite(_ type: String) -> ColumnKind {
    let type = type.lowercased()
    if type.contains("date") || type.contains("timestamp") { return .date }
    if type.contains("int") || type.contains("serial") { return .integer }
    if type.contains("char") || type.contains("text") || type.contains("clob") || type.contains("enum") { return .text }
    if ["real", "floa", "doub", "dec", "num", "money"].contains(where: type.contains) { return .real }
    if type.contains("bool") { return .integer }
    if type.contains("blob") || type.contains("bytea") { return .other }
    return .text
  }
}
