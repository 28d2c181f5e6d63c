import SQLite

/// Decides what SQL of a model may do in a user's database: read, and call functions that only compute.
///
/// SQLite asks while it compiles a statement, so that what is refused never begins to run. Used on the database's thread only.
final class ReadOnlyAuthorizer {
  /// The pragmas that describe tables, and the one by which FTS5 sees that a table has changed; they change nothing.
  static let schemaPragmas: Set = ["table_info", "table_xinfo", "table_list", "foreign_key_list", "data_version"]
  /// Functions that reach beyond the database: load_extension is built in, the others come with SQLite's shell.
  private static let refusedFunctions: Set = ["load_extension", "readfile", "writefile", "edit", "fts3_tokenizer"]

  /// What was refused last, in a few words; nil when nothing was.
  private(set) var refused: String?

  func clear() { refused = nil }

  func allows(_ access: SQLiteAccess) -> Bool {
    switch access.kind {
    case .read: return true
    case .function(let name):
      guard Self.refusedFunctions.contains(name) else { return true }
      refused = "the function \(name)"
    case .pragma(let name):
      if Self.schemaPragmas.contains(name) { return true }
      refused = "PRAGMA \(name)"
    case .other(let what):
      refused = what
    }
    return false
  }
}
