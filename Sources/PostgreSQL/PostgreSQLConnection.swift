import CPostgreSQL
import Glibc

/// One connection to a PostgreSQL server, over libpq. Calls block; a ``Canceller`` stops them from another thread.
///
/// Used by one thread at a time, which the owner sees to.
public final class PostgreSQLConnection {
  private let connection: OpaquePointer

  /// One of libpq's settings.
  public typealias Setting = (name: String, value: String)

  /// What keeps libpq from files and services of the machine that it runs on. A path that cannot exist, since it reads what it is
  /// not told from the home folder, and takes an empty value for none.
  private static let isolation: [Setting] = [
    ("passfile", nowhere), ("sslcert", nowhere), ("sslkey", nowhere), ("sslcrl", nowhere),
    // No ticket of this machine is shown to a server of a user's.
    ("gssencmode", "disable"), ("krbsrvname", "none"), ("client_encoding", "UTF8"),
  ]
  private static let nowhere = "/dev/null/none"

  /// Connects with these settings and no others: the environment, the home folder and the machine's service files say nothing.
  /// - Parameter settings: user, dbname, host and what else libpq knows by name, each once.
  /// - Throws: with libpq's own message, which may repeat any setting.
  public init(settings: [Setting]) throws(PostgreSQLError) {
    PostgreSQLEnvironment.clear()
    var all = settings + Self.isolation
    if !all.contains(where: { $0.name == "sslrootcert" }) { all.append(("sslrootcert", Self.nowhere)) }
    // Nothing is expanded: a database may be called "service=x".
    let opened = Self.withCStrings(all.map(\.name)) { keywords in
      Self.withCStrings(all.map(\.value)) { values in PQconnectdbParams(keywords, values, 0) }
    }
    guard let opened else { throw PostgreSQLError(message: "out of memory") }
    connection = opened
    guard PQstatus(opened) == CONNECTION_OK else {
      let message = Self.text(PQerrorMessage(opened))
      throw PostgreSQLError(message: message.isEmpty ? "the server did not answer" : message)
    }
    // Notices would go to stderr.
    PQsetNoticeProcessor(opened, { _, _ in }, nil)
  }

  deinit { PQfinish(connection) }

  /// Runs statements of our own, with no rows that anybody wants.
  public func execute(_ sql: String) throws(PostgreSQLError) {
    let result = PQexec(connection, sql)
    defer { PQclear(result) }
    switch PQresultStatus(result) {
    case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY: return
    default: throw error(of: result)
    }
  }

  /// Runs one statement (the protocol refuses more) and hands over its rows as they come, never more than one in memory.
  /// - Parameters:
  ///   - parameters: `$1`, `$2` ..., each as text; nil for NULL.
  ///   - columns: is called once, before the first row.
  ///   - rowBytes: what a row may take. libpq takes in a whole row before it shows any of it; so what has come is looked at each
  ///     time that it was read: exactly over TCP, and over a Unix socket what waited there, which may be less. When it is more, the
  ///     connection is given up.
  ///   - row: returns whether to go on; when not, the rest is cancelled.
  public func query(
    _ sql: String, _ parameters: [String?] = [], rowBytes: Int = 32 * 1024 * 1024, columns: ([Column]) -> Void,
    row: (Row) -> Bool
  ) throws(PostgreSQLError) {
    let sent = Self.withCStrings(parameters) { values in
      PQsendQueryParams(connection, sql, Int32(parameters.count), nil, values, nil, nil, 0)
    }
    guard sent == 1 else { throw PostgreSQLError(message: Self.text(PQerrorMessage(connection))) }
    PQsetSingleRowMode(connection)
    var failure: PostgreSQLError?
    var hasColumns = false
    var isWanted = true
    while true {
      try awaitResult(rowBytes)
      guard let result = PQgetResult(connection) else { break }
      defer { PQclear(result) }
      switch PQresultStatus(result) {
      case PGRES_SINGLE_TUPLE, PGRES_TUPLES_OK:
        if !hasColumns {
          columns((0..<PQnfields(result)).map { Column(name: Self.text(PQfname(result, $0)), type: PQftype(result, $0)) })
          hasColumns = true
        }
        if isWanted, PQntuples(result) == 1, !row(Row(result: result)) {
          isWanted = false
          canceller()?.cancel()
        }
      case PGRES_COMMAND_OK, PGRES_EMPTY_QUERY: break
      case PGRES_COPY_IN:
        // Not asked for by us; without this the connection would wait for data for ever.
        PQputCopyEnd(connection, "not here")
      case PGRES_COPY_OUT: drainCopy()
      default:
        let found = error(of: result)
        // That the rest was cancelled, when we wanted it to be, is no failure.
        if failure == nil, isWanted || !found.isCancelled { failure = found }
      }
    }
    if let failure { throw failure }
  }

  /// Reads until the next result is whole.
  private func awaitResult(_ mostBytes: Int) throws(PostgreSQLError) {
    let start = kai_received_bytes(PQsocket(connection))
    var waited = 0
    while PQisBusy(connection) != 0 {
      var socket = pollfd(fd: PQsocket(connection), events: Int16(POLLIN), revents: 0)
      guard poll(&socket, 1, -1) >= 0 || errno == EINTR else { return }
      waited += Int(kai_waiting_bytes(socket.fd))
      guard PQconsumeInput(connection) == 1 else { return }
      let received = kai_received_bytes(socket.fd)
      guard max(waited, Int(clamping: received > start ? received - start : 0)) > mostBytes else { continue }
      canceller()?.cancel()
      // What is still to come is not wanted: the next read finds the end.
      shutdown(socket.fd, Int32(SHUT_RDWR))
      throw PostgreSQLError(sqlState: PostgreSQLError.tooLarge, message: "a row of the result is larger than \(mostBytes) bytes")
    }
  }

  private func drainCopy() {
    var buffer: UnsafeMutablePointer<CChar>?
    while PQgetCopyData(connection, &buffer, 0) > 0 { PQfreemem(buffer) }
  }

  public struct Column: Sendable, Equatable {
    public let name: String
    /// The type's OID.
    public let type: UInt32
  }

  /// One row, valid only inside the closure that reads it.
  public struct Row {
    fileprivate let result: OpaquePointer

    public var count: Int { Int(PQnfields(result)) }
    public func isNull(_ column: Int) -> Bool { PQgetisnull(result, 0, Int32(column)) == 1 }
    /// The value as the server writes it.
    public func text(_ column: Int) -> String {
      guard let bytes = PQgetvalue(result, 0, Int32(column)) else { return "" }
      let length = Int(PQgetlength(result, 0, Int32(column)))
      return bytes.withMemoryRebound(to: UInt8.self, capacity: length) {
        String(decoding: UnsafeBufferPointer(start: $0, count: length), as: UTF8.self)
      }
    }
  }

  // MARK: Stopping

  /// Stops what a connection does, from any thread.
  public final class Canceller: @unchecked Sendable {
    // PQcancel only reads it, and is documented to be safe in any thread.
    private let handle: OpaquePointer

    fileprivate init(_ handle: OpaquePointer) { self.handle = handle }

    deinit { PQfreeCancel(handle) }

    /// Asks the server to stop the statement under way. Whether it was in time shows in the statement's own end.
    public func cancel() {
      var reason = [CChar](repeating: 0, count: 256)
      _ = PQcancel(handle, &reason, 256)
    }
  }

  public func canceller() -> Canceller? { PQgetCancel(connection).map(Canceller.init) }

  /// Whether the connection is of use.
  public var isAlive: Bool { PQstatus(connection) == CONNECTION_OK }

  // MARK: C

  private func error(of result: OpaquePointer?) -> PostgreSQLError {
    let primary = Self.text(kai_pq_primary(result))
    let detail = Self.text(kai_pq_detail(result))
    let message = primary.isEmpty ? Self.text(PQerrorMessage(connection)) : primary
    return PostgreSQLError(
      sqlState: Self.text(kai_pq_sqlstate(result)), message: detail.isEmpty ? message : "\(message): \(detail)",
      hint: Self.text(kai_pq_hint(result)))
  }

  /// A C string without white space at its end; empty for NULL.
  private static func text(_ pointer: UnsafePointer<CChar>?) -> String {
    guard let pointer else { return "" }
    var text = Substring(String(cString: pointer))
    while let last = text.last, last.isWhitespace { text.removeLast() }
    return String(text)
  }

  private static func withCStrings<T>(
    _ strings: [String?], _ body: (UnsafePointer<UnsafePointer<CChar>?>?) -> T
  ) -> T {
    // One buffer for all, so that no pointer outlives what it points to.
    var bytes: [CChar] = []
    var offsets: [Int?] = []
    for string in strings {
      offsets.append(string.map { _ in bytes.count })
      if let string { bytes += string.utf8CString }
    }
    return bytes.withUnsafeBufferPointer { buffer in
      var pointers = offsets.map { offset in offset.flatMap { offset in buffer.baseAddress.map { $0 + offset } } }
      pointers.append(nil)
      return pointers.withUnsafeBufferPointer { body($0.baseAddress) }
    }
  }
}
