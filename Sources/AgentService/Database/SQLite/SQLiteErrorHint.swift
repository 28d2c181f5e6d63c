import SQLite

/// Adds to SQLite's words what a reader needs to repair the statement.
enum SQLiteErrorHint {
  /// A sentence with a space before it, or nothing.
  static func hint(_ message: String, sql: String, _ connection: SQLiteConnection) -> String {
    if let name = name(in: message, after: "no such table: ") {
      return NearestNames.hint(for: name, among: tables(connection).map(\.name))
    }
    guard let name = name(in: message, after: "no such column: ") else { return "" }
    let near = NearestNames.hint(for: name, among: tables(connection).flatMap { $0.columns.map(\.name) })
    let isQuoted = sql.contains("\"\(name)\"")
    return near + (isQuoted ? " A text is written in single quotes: '\(name)'." : "")
  }

  /// The last part of the name that follows `words`.
  private static func name(in message: String, after words: String) -> String? {
    guard message.hasPrefix(words) else { return nil }
    return message.dropFirst(words.count).split(separator: ".").last.map { String($0) }
  }

  private static func tables(_ connection: SQLiteConnection) -> [TableInfo] {
    // A hint that cannot be made is left out: the error itself is what counts.
    do throws(SQLiteError) { return try SQLiteSchema.tables(connection, patience: .milliseconds(200)) } catch { return [] }
  }
}
