import Addresses
import Wire

/// Opens the databases of one dialect.
protocol DatabaseDriver: Sendable {
  var dialect: Dialect { get }
  /// The URI schemes it answers to, in lowercase.
  var schemes: [String] { get }
  /// How its URIs look, for messages.
  var uriForm: String { get }
  /// Opens a database read-only.
  /// - Throws: `database_unavailable`, with a sentence that never repeats the URI's secrets.
  func open(uri: String) async throws(WireError) -> any UserDatabase
}

/// The drivers of this node, by the scheme of a connection's URI.
struct DatabaseDrivers: Sendable {
  static let standard = DatabaseDrivers(.standard)

  private let drivers: [any DatabaseDriver]

  init(_ access: DatabaseAccess) { drivers = [SQLiteDriver(access: access), PostgreSQLDriver(access: access)] }

  /// Opens the database of a connection.
  /// - Throws: `database_unavailable`; for an unknown scheme with the ones there are.
  func open(_ connection: DatabaseConnection) async throws(WireError) -> any UserDatabase {
    try await driver(for: connection.uri).open(uri: connection.uri)
  }

  /// The driver for a URI.
  /// - Throws: `database_unavailable`.
  func driver(for uri: String) throws(WireError) -> any DatabaseDriver {
    let scheme = uri.firstRange(of: "://").map { uri[..<$0.lowerBound].lowercased() } ?? ""
    if let driver = drivers.first(where: { $0.schemes.contains(scheme) }) { return driver }
    let forms = drivers.map(\.uriForm).joined(separator: ", ")
    // What stands before "://" is shown only if it looks like a scheme: a password might stand there by mistake.
    let isName = !scheme.isEmpty && scheme.utf8.count <= 20 && scheme.utf8.allSatisfy { (97...122).contains($0) }
    throw WireError(
      .databaseUnavailable,
      isName
        ? "There is no driver for '\(scheme)' databases; supported are: \(forms)."
        : "The connection's URI has no scheme; supported are: \(forms).")
  }
}

/// SQLite files.
struct SQLiteDriver: DatabaseDriver {
  let dialect = Dialect.sqlite
  let schemes = ["sqlite"]
  let uriForm = "sqlite:///absolute/path.db"
  var access = DatabaseAccess.standard

  func open(uri: String) async throws(WireError) -> any UserDatabase {
    let database = SQLiteDatabase(path: try Self.path(of: uri), access: access)
    try await database.open()
    return database
  }

  /// The absolute path that a URI names.
  /// - Throws: `database_unavailable`, with what is wrong.
  static func path(of uri: String) throws(WireError) -> String {
    do throws(AddressFault) {
      if case .sqlite(let path) = try DatabaseAddress(uri: uri) { return path }
    } catch {
      throw WireError(.databaseUnavailable, "The connection's URI \(error.sentence).", hint: error.hint)
    }
    throw WireError(.databaseUnavailable, "The connection's URI is none of SQLite.", hint: AddressFault.forms)
  }
}
