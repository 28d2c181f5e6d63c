import SQLite
import Wire

extension WireError {
  /// What a SQLite error means to a caller.
  init(_ error: SQLiteError) {
    if error.isUniqueViolation {
      self.init(.alreadyExists, "something with this name exists already")
    } else if error.isFull {
      self.init(.storageFull, "the store cannot grow: \(error)")
    } else if error.isCorrupt {
      self.init(.corrupt, "the store's file is damaged: \(error)")
    } else {
      self.init(.storageFailed, "the store failed: \(error)")
    }
  }
}

/// Runs `body` and turns SQLite's error into ours.
func storing<T>(_ body: () throws(SQLiteError) -> T) throws(WireError) -> T {
  do throws(SQLiteError) { return try body() } catch { throw WireError(error) }
}

/// A text as SQL writes it.
func sqlText(_ text: String) -> String {
  "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''") + "'"
}
