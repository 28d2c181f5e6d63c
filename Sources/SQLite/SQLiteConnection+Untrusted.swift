import CSQLite

extension SQLiteConnection {
  /// Prepares the connection for SQL that others wrote: names in double quotes are never taken for text, views cannot call
  /// functions with side effects, nothing can be attached. Such connections are many and mostly idle, so nothing is set aside for
  /// their small allocations.
  /// - Parameters:
  ///   - valueBytes: the largest text, blob or row.
  ///   - sqlBytes: the longest statement.
  /// - Throws: ``SQLiteError`` when the library lacks one of these.
  public func restrictForUntrustedSQL(valueBytes: Int32, sqlBytes: Int32) throws(SQLiteError) {
    _ = kai_sqlite_no_lookaside(handle)
    let code = kai_sqlite_untrusted(handle)
    guard code == SQLITE_OK else { throw SQLiteError(connection: handle, code: code) }
    sqlite3_limit(handle, SQLITE_LIMIT_LENGTH, valueBytes)
    sqlite3_limit(handle, SQLITE_LIMIT_SQL_LENGTH, sqlBytes)
    sqlite3_limit(handle, SQLITE_LIMIT_ATTACHED, 0)
    sqlite3_limit(handle, SQLITE_LIMIT_WORKER_THREADS, 0)
  }
}

extension SQLiteAccess {
  /// What an access does, as far as a reader must tell them apart.
  public enum Kind: Sendable, Equatable {
    /// A SELECT, a column read by it, or a recursive query.
    case read
    /// A call of the function with this name.
    case function(String)
    /// A PRAGMA with this name.
    case pragma(String)
    /// Everything else; the name of what was tried.
    case other(String)
  }

  public var kind: Kind {
    switch action {
    case SQLITE_SELECT, SQLITE_READ, SQLITE_RECURSIVE: .read
    case SQLITE_FUNCTION: .function((second ?? "").lowercased())
    case SQLITE_PRAGMA: .pragma((first ?? "").lowercased())
    case SQLITE_INSERT: .other("INSERT")
    case SQLITE_UPDATE: .other("UPDATE")
    case SQLITE_DELETE: .other("DELETE")
    case SQLITE_ATTACH: .other("ATTACH")
    case SQLITE_DETACH: .other("DETACH")
    case SQLITE_TRANSACTION, SQLITE_SAVEPOINT: .other("a transaction")
    case SQLITE_ALTER_TABLE: .other("ALTER")
    case SQLITE_REINDEX: .other("REINDEX")
    case SQLITE_ANALYZE: .other("ANALYZE")
    case SQLITE_DROP_INDEX...SQLITE_DROP_VIEW, SQLITE_DROP_VTABLE: .other("DROP")
    case SQLITE_CREATE_INDEX...SQLITE_CREATE_VIEW, SQLITE_CREATE_VTABLE: .other("CREATE")
    default: .other("this kind of statement")
    }
  }
}
