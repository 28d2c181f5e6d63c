import CSQLite
import Glibc

/// A prepared statement. Used by its connection's thread only.
public final class SQLiteStatement {
  private let connection: SQLiteConnection
  private let handle: OpaquePointer
  /// The bytes of the SQL text that this statement took; what follows was not looked at.
  public let consumedBytes: Int

  init(connection: SQLiteConnection, sql: String, persistent: Bool) throws(SQLiteError) {
    var prepared: OpaquePointer?
    var consumed = 0
    var sql = sql
    let flags = persistent ? UInt32(SQLITE_PREPARE_PERSISTENT) : 0
    let code: Int32 = sql.withUTF8 { bytes in
      guard let size = Int32(exactly: bytes.count) else { return SQLITE_TOOBIG }
      return bytes.withMemoryRebound(to: CChar.self) { text in
        var tail: UnsafePointer<CChar>?
        let code = sqlite3_prepare_v3(connection.handle, text.baseAddress, size, flags, &prepared, &tail)
        if let tail, let base = text.baseAddress { consumed = tail - base }
        return code
      }
    }
    guard code == SQLITE_OK else { throw SQLiteError(connection: connection.handle, code: code) }
    guard let prepared else { throw SQLiteError(code: SQLITE_ERROR, message: "there is no statement in the text") }
    self.connection = connection
    handle = prepared
    consumedBytes = consumed
  }

  deinit {
    sqlite3_finalize(handle)
  }

  /// Whether it makes no direct change to the database.
  public var isReadOnly: Bool { sqlite3_stmt_readonly(handle) != 0 }

  public var parameterCount: Int { Int(sqlite3_bind_parameter_count(handle)) }

  /// How a parameter is written, such as `:name`; nil for a plain `?`.
  /// - Parameter index: from 1.
  public func parameterName(_ index: Int) -> String? {
    sqlite3_bind_parameter_name(handle, Int32(clamping: index)).map { String(cString: $0) }
  }

  // MARK: Running

  /// Binds values to the parameters 1, 2, 3 …; parameters without a value are NULL.
  /// - Throws: ``SQLiteError`` when there are more values than parameters, or a value is too large.
  public func bind(_ values: [SQLiteValue]) throws(SQLiteError) {
    sqlite3_clear_bindings(handle)
    for (index, value) in values.enumerated() { try bind(value, at: index + 1) }
  }

  /// Binds one value.
  /// - Parameter index: from 1.
  public func bind(_ value: SQLiteValue, at index: Int) throws(SQLiteError) {
    guard let index = Int32(exactly: index) else { throw SQLiteError(code: SQLITE_RANGE, message: "no such parameter") }
    let code: Int32
    switch value {
    case .null: code = sqlite3_bind_null(handle, index)
    case .integer(let integer): code = sqlite3_bind_int64(handle, index, integer)
    case .real(let real): code = sqlite3_bind_double(handle, index, real)
    case .text(var text):
      code = text.withUTF8 { bytes in
        bytes.withMemoryRebound(to: CChar.self) {
          sqlite3_bind_text64(handle, index, $0.baseAddress ?? emptyText, UInt64($0.count), transient, UInt8(SQLITE_UTF8))
        }
      }
    case .blob(let blob):
      code = blob.withUnsafeBytes {
        $0.isEmpty
          ? sqlite3_bind_zeroblob(handle, index, 0)
          : sqlite3_bind_blob64(handle, index, $0.baseAddress, UInt64($0.count), transient)
      }
    }
    guard code == SQLITE_OK else { throw SQLiteError(connection: connection.handle, code: code) }
  }

  /// Goes to the next row.
  /// - Returns: false when there is none.
  /// - Throws: ``SQLiteError``
  public func step() throws(SQLiteError) -> Bool {
    switch sqlite3_step(handle) {
    case SQLITE_ROW: return true
    case SQLITE_DONE: return false
    case let code: throw SQLiteError(connection: connection.handle, code: code)
    }
  }

  /// Makes it ready to run again, and lets go of its locks. Bindings stay.
  public func reset() {
    sqlite3_reset(handle)
  }

  // MARK: The current row; columns are counted from 0, and one that does not exist reads as NULL

  public var columnCount: Int { Int(sqlite3_column_count(handle)) }

  public func columnName(_ column: Int) -> String {
    sqlite3_column_name(handle, Int32(clamping: column)).map { String(cString: $0) } ?? ""
  }

  public func isNull(_ column: Int) -> Bool {
    sqlite3_column_type(handle, Int32(clamping: column)) == SQLITE_NULL
  }

  public func int64(_ column: Int) -> Int64 { sqlite3_column_int64(handle, Int32(clamping: column)) }

  public func double(_ column: Int) -> Double { sqlite3_column_double(handle, Int32(clamping: column)) }

  /// The text; bytes that are not UTF-8 are replaced.
  public func text(_ column: Int) -> String {
    withBytes(sqlite3_column_text(handle, Int32(clamping: column)).map { UnsafeRawPointer($0) }, column) {
      String(decoding: $0, as: UTF8.self)
    }
  }

  public func blob(_ column: Int) -> [UInt8] {
    withBytes(sqlite3_column_blob(handle, Int32(clamping: column)), column) { [UInt8]($0) }
  }

  /// The value as it is stored. Of text that is not valid UTF-8 each byte that is not comes as `\\xHH`, so that it can be read and
  /// nothing is lost.
  public func value(_ column: Int) -> SQLiteValue {
    switch sqlite3_column_type(handle, Int32(clamping: column)) {
    case SQLITE_INTEGER: return .integer(int64(column))
    case SQLITE_FLOAT: return .real(double(column))
    case SQLITE_TEXT:
      let pointer = sqlite3_column_text(handle, Int32(clamping: column)).map { UnsafeRawPointer($0) }
      return withBytes(pointer, column) { bytes in
        .text(String(validating: bytes, as: UTF8.self) ?? Self.escaped(bytes))
      }
    case SQLITE_BLOB: return .blob(blob(column))
    default: return .null
    }
  }

  private static func escaped(_ bytes: UnsafeRawBufferPointer) -> String {
    var text = ""
    var parser = Unicode.UTF8.ForwardParser()
    var rest = bytes.makeIterator()
    var place = 0
    while true {
      switch parser.parseScalar(from: &rest) {
      case .emptyInput: return text
      case .valid(let encoded):
        text.unicodeScalars.append(Unicode.UTF8.decode(encoded))
        place += encoded.count
      case .error(let length):
        for byte in bytes[place..<(place + length)] { text += "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16) }
        place += length
      }
    }
  }

  private func withBytes<T>(_ pointer: UnsafeRawPointer?, _ column: Int, _ read: (UnsafeRawBufferPointer) -> T) -> T {
    // The size must be asked after the pointer: a conversion may change it.
    let count = pointer == nil ? 0 : Int(sqlite3_column_bytes(handle, Int32(clamping: column)))
    return read(UnsafeRawBufferPointer(start: pointer, count: count))
  }
}

/// Tells SQLite to make its own copy at once (SQLITE_TRANSIENT, a cast that Swift cannot import).
private let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

/// An address for the empty string, which has none of its own; a nil pointer would bind NULL.
// Never freed, never written: safe to share.
private nonisolated(unsafe) let emptyText = UnsafePointer<CChar>(strdup(""))
