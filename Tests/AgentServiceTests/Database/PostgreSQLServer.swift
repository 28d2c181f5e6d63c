import Foundation
import PostgreSQL
import Synchronization
import Testing

@testable import AgentService

/// Debian's own PostgreSQL server, in a folder of its own, on a socket there; started once for all tests of the process and
/// stopped when that ends.
struct PostgreSQLServer: Sendable {
  private let folder: String
  private let port: UInt16

  static let shared = Result { try PostgreSQLServer() }

  /// A role that may read and write every table of the test's own, or nothing but read.
  enum Role: String { case admin = "kai_admin", owner = "kai_owner", reader = "kai_reader" }

  func uri(_ role: Role, database: String = "shop") -> String { uri(user: role.rawValue, database: database) }

  func uri(user: String, database: String) -> String {
    "postgresql://\(user):secret-word@:\(port)/\(database)?host=\(folder)"
  }

  /// The same over TCP.
  func networkURI(_ role: Role, database: String = "shop") -> String {
    "postgresql://\(role.rawValue):secret-word@127.0.0.1:\(port)/\(database)"
  }

  /// A connection of the test's own, which may do what the role may.
  func connection(_ role: Role, database: String = "shop") throws(PostgreSQLError) -> PostgreSQLConnection {
    try PostgreSQLConnection(settings: [
      ("user", role.rawValue), ("dbname", database), ("host", folder), ("port", "\(port)"), ("connect_timeout", "2"),
      ("application_name", "test"),
    ])
  }

  /// Makes a database of a test's own, with what the script says, as its owner; the admin's part comes first.
  func makeDatabase(_ name: String, admin: String = "SELECT 1", _ script: String) throws -> String {
    let postgres = try connection(.admin, database: "postgres")
    try postgres.execute("CREATE DATABASE \(name) OWNER kai_owner")
    try postgres.execute(admin)
    try connection(.owner, database: name).execute(script)
    return name
  }

  private static let processId = Mutex<pid_t>(0)

  private init() throws {
    let base = "/usr/lib/postgresql"
    let version = try #require(
      try FileManager.default.contentsOfDirectory(atPath: base).sorted().last, "Debian's package postgresql is not installed")
    let bin = "\(base)/\(version)/bin"
    // Short: the path of a socket may have some hundred characters.
    folder = "/tmp/kai-pg-\(ProcessInfo.processInfo.processIdentifier)"
    try? FileManager.default.removeItem(atPath: folder)
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    // One that the system just had free.
    port = try Listener(saying: "").closedPort()
    // The server does not run as root.
    let isRoot = geteuid() == 0
    if isRoot { try Self.run("/bin/chown", ["postgres:postgres", folder]) }
    let user = isRoot ? ["/usr/bin/setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] : ["/usr/bin/env"]
    try Self.run(
      user[0],
      Array(user.dropFirst()) + [
        "\(bin)/initdb", "-D", "\(folder)/data", "-U", Role.admin.rawValue, "-A", "trust", "-E", "UTF8", "--locale=C", "-N",
      ])
    let server = Process()
    server.executableURL = URL(filePath: user[0])
    server.arguments =
      Array(user.dropFirst()) + [
        "\(bin)/postgres", "-D", "\(folder)/data", "-k", folder, "-p", "\(port)", "-c", "listen_addresses=127.0.0.1", "-c",
        "fsync=off",
      ]
    server.currentDirectoryURL = URL(filePath: "/")
    server.standardOutput = FileHandle.nullDevice
    server.standardError = FileHandle.nullDevice
    try server.run()
    Self.processId.withLock { $0 = server.processIdentifier }
    atexit {
      PostgreSQLServer.processId.withLock { pid in if pid > 0 { kill(pid, SIGQUIT) } }
      try? FileManager.default.removeItem(atPath: "/tmp/kai-pg-\(ProcessInfo.processInfo.processIdentifier)")
    }
    try fill(connect())
  }

  private static func run(_ path: String, _ arguments: [String]) throws {
    let process = Process()
    process.executableURL = URL(filePath: path)
    process.arguments = arguments
    process.currentDirectoryURL = URL(filePath: "/")
    process.standardOutput = FileHandle.nullDevice
    let errors = Pipe()
    process.standardError = errors
    try process.run()
    let text = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    try #require(process.terminationStatus == 0, "\(path) \(arguments): \(text)")
  }

  private func connect() throws -> PostgreSQLConnection {
    let deadline = ContinuousClock.now + .seconds(20)
    while true {
      do {
        return try connection(.admin, database: "postgres")
      } catch {
        guard ContinuousClock.now < deadline else { throw error }
        usleep(20_000)
      }
    }
  }

  private func fill(_ postgres: PostgreSQLConnection) throws {
    try postgres.execute("CREATE ROLE kai_owner LOGIN; CREATE ROLE kai_reader LOGIN")
    try postgres.execute("CREATE DATABASE shop OWNER kai_owner")
    let shop = try connection(.owner)
    try shop.execute(
      """
      CREATE TABLE customers (id integer PRIMARY KEY, name text NOT NULL, city varchar(40));
      CREATE TABLE orders (
        id bigint PRIMARY KEY, customer_id integer REFERENCES customers (id), amount numeric(12, 2), placed timestamptz,
        "update" boolean);
      CREATE VIEW big_orders AS SELECT * FROM orders WHERE amount > 100;
      CREATE SCHEMA archive;
      CREATE TABLE archive.orders (id bigint, note text);
      INSERT INTO customers VALUES (1, 'Ana', 'Jakarta'), (2, 'Bo', NULL), (3, 'Cé', 'Paris');
      INSERT INTO orders VALUES (1, 1, 12.50, '2024-01-02 03:04:05+07', true), (2, 1, 250.00, NULL, false), (3, 3, 99.99, NULL, NULL);
      INSERT INTO archive.orders VALUES (7, 'old');
      COMMENT ON TABLE orders IS 'What was bought';
      COMMENT ON COLUMN orders.amount IS 'In euros';
      GRANT USAGE ON SCHEMA archive TO kai_reader;
      GRANT SELECT ON ALL TABLES IN SCHEMA public, archive TO kai_reader
      """)
  }
}

extension PostgreSQLDatabase {
  /// As a node opens it whose operator allows this machine's sockets, where the test's server is.
  init(uri: String) {
    var access = DatabaseAccess.standard
    access.hosts = .everything
    self.init(uri: uri, access: access)
  }
}
