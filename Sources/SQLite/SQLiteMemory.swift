import CSQLite

/// The memory that the library takes, of all connections of this process together.
public enum SQLiteMemory {
  /// For a process with thousands of idle connections: 86 KiB less for each. To be called before anything else of the library; later
  /// it changes nothing.
  public static func allocatePagesOneByOne() { _ = kai_sqlite_single_pages() }

  /// Sets a limit that holds for everything: a statement that needs more fails with ``SQLiteError/isOutOfMemory``, and the process
  /// lives. Of SQLite's own limits none bounds what a function such as `json_group_array` gathers.
  /// - Parameter bytes: 0 for no limit.
  public static func limit(bytes: Int64) {
    sqlite3_hard_heap_limit64(bytes)
  }

  /// What is taken now, in bytes.
  public static var used: Int64 { sqlite3_memory_used() }
  /// See ``limit(bytes:)``.
  public static var most: Int64 { sqlite3_hard_heap_limit64(-1) }
}
