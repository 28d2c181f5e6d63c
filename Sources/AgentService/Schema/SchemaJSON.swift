import JSON
import Wire

/// Parts of a scan as tools show them.
enum SchemaJSON {
  /// Values that are shown of a column.
  private static let values = 50

  /// `{"name","kind":"table|view","rows":n|null,"columns":n}`, with `comment` and `sql_name` where there is one.
  static func entry(_ table: SchemaTable) -> JSONValue {
    var members: [JSONValue.Member] = [
      .init("name", .string(table.name)), .init("kind", .string(table.kind)), .init("rows", rows(of: table)),
      .init("columns", .integer(Int64(table.columns.count))),
    ]
    members += extras(table)
    return .object(members)
  }

  /// `{"name","kind","rows","columns":[…],"foreign_keys":[…]}`, with `columns_in_all` and `next_column_offset` when there are more
  /// columns. Figures that were taken from a part of the rows say so by their names, and `sampled_rows` says from how many.
  /// - Parameters:
  ///   - columns: which of them, with their keys.
  ///   - withValues: add what the columns' values are, and the keys that were not declared.
  static func description(_ table: SchemaTable, columns: Range<Int>, withValues: Bool) -> JSONValue {
    let shown = table.columns[columns]
    let names = Set(shown.map(\.name))
    let keys = table.keys.filter { columns.count == table.columns.count || names.contains($0.column) }
    var members: [JSONValue.Member] = [
      .init("name", .string(table.name)), .init("kind", .string(table.kind)), .init("rows", rows(of: table)),
      .init(
        "columns", .array(shown.map { column($0, withValues: withValues, isSampled: table.sampledRows != nil) })),
      .init("foreign_keys", .array(keys.filter { !$0.inferred }.map(key))),
    ]
    if columns.count < table.columns.count {
      members.append(.init("columns_in_all", .integer(Int64(table.columns.count))))
      if columns.upperBound < table.columns.count {
        members.append(.init("next_column_offset", .integer(Int64(columns.upperBound))))
      }
    }
    if withValues, let rows = table.sampledRows { members.append(.init("sampled_rows", .integer(Int64(clamping: rows)))) }
    let inferred = keys.filter(\.inferred)
    if withValues, !inferred.isEmpty { members.append(.init("inferred_keys", .array(inferred.map(key)))) }
    return .object(members + extras(table))
  }

  private static func extras(_ table: SchemaTable) -> [JSONValue.Member] {
    var members: [JSONValue.Member] = []
    if table.rowsAreEstimated { members.append(.init("rows_are_estimated", true)) }
    if !table.schema.isEmpty { members.append(.init("sql_name", .string(table.sqlName))) }
    if !table.comment.isEmpty { members.append(.init("comment", .string(table.comment))) }
    return members
  }

  private static func rows(of table: SchemaTable) -> JSONValue { table.rows.map { .integer(Int64(clamping: $0)) } ?? .null }

  private static func key(_ key: SchemaKey) -> JSONValue {
    var members: [JSONValue.Member] = [
      .init("column", .string(key.column)), .init("table", .string(key.table)),
      .init("foreign_column", .string(key.foreignColumn)),
    ]
    if let match = key.matchPercent { members.append(.init("match_percent", .integer(Int64(match)))) }
    return .object(members)
  }

  private static func column(_ column: SchemaColumn, withValues: Bool, isSampled: Bool) -> JSONValue {
    var members: [JSONValue.Member] = [
      .init("name", .string(column.name)), .init("type", .string(column.type)), .init("nullable", .bool(column.nullable)),
      .init("primary_key", .bool(column.primaryKey)),
    ]
    if !column.comment.isEmpty { members.append(.init("comment", .string(column.comment))) }
    guard withValues else { return .object(members) }
    let part = isSampled ? "_in_sample" : ""
    if let distinct = column.distinctValues {
      // All values of a category were counted, whatever the rest was taken from.
      let name = "distinct_values" + (isSampled && !column.allValues ? "_at_least" : "")
      members.append(.init(name, .integer(Int64(clamping: distinct))))
    }
    if let nulls = column.nulls, nulls > 0 { members.append(.init("nulls" + part, .integer(Int64(clamping: nulls)))) }
    if !column.values.isEmpty {
      let name = column.allValues ? "all_values" : "examples"
      members.append(.init(name, .array(column.values.prefix(Self.values).map { .string($0) })))
    }
    if !column.least.isEmpty {
      members.append(.init("least" + part, .string(column.least)))
      members.append(.init("greatest" + part, .string(column.greatest)))
    }
    return .object(members)
  }
}
