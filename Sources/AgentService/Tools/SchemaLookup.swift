import Wire

/// Names in SQL text.
enum SQLName {
  /// The name in double quotes, which both dialects take for an identifier.
  static func quoted(_ name: String) -> String {
    var out = "\""
    for character in name.unicodeScalars {
      if character == "\"" { out += "\"" }
      out.unicodeScalars.append(character)
    }
    return out + "\""
  }

  /// The name, in quotes if it needs them.
  static func spelled(_ name: String) -> String { isPlain(name) ? name : quoted(name) }

  /// Needs no quotes in either dialect: lower-case letters, digits and `_`, as PostgreSQL folds it.
  static func isPlain(_ name: String) -> Bool {
    !name.isEmpty && name.utf8.allSatisfy { (97...122).contains($0) || (48...57).contains($0) || $0 == 95 }
      && !(48...57).contains(name.utf8.first ?? 48)
  }
}

extension SchemaScan {
  /// The table or view with this name; case counts only when two names differ by nothing else.
  /// - Throws: `tool_arguments`, with the nearest names.
  func table(named name: String) throws(WireError) -> SchemaTable {
    if let table = tables.first(where: { $0.name == name }) { return table }
    if let table = tables.first(where: { $0.name.lowercased() == name.lowercased() }) { return table }
    throw WireError(
      .toolArguments,
      "There is no table '\(name.prefix(64))'.\(NearestNames.hint(for: name, among: tables.map(\.name)))",
      hint: "See the tables with 'list_tables'.")
  }
}

extension SchemaTable {
  /// The column with this name, case as for tables.
  /// - Throws: `tool_arguments`, with the nearest names.
  func column(named name: String) throws(WireError) -> SchemaColumn {
    if let column = columns.first(where: { $0.name == name }) { return column }
    if let column = columns.first(where: { $0.name.lowercased() == name.lowercased() }) { return column }
    throw WireError(
      .toolArguments,
      "The table '\(self.name)' has no column '\(name.prefix(64))'."
        + NearestNames.hint(for: name, among: columns.map(\.name)),
      hint: "See the columns with 'describe_tables'.")
  }
}
