import Addresses
import Foundation
import Logging
import SQLite
import Testing
import Wire

@testable import AgentService

/// Where users' databases may be, and what is said of those that cannot be opened.
@Suite struct DatabaseAccessTests {
  private func error(_ path: String, _ access: DatabaseAccess = .standard) async -> WireError? {
    await wireError { () async throws(WireError) in try await SQLiteDatabase(path: path, access: access).open() }
  }

  @Test func everyPathWithoutADatabaseGetsTheSameSentence() async throws {
    let sample = try SampleDatabase()
    defer { sample.remove() }
    try Data("no database, only a text that is long enough".utf8).write(to: URL(filePath: sample.folder + "/text.db"))
    #expect(mkfifo(sample.folder + "/pipe", 0o600) == 0)
    var walled = DatabaseAccess.standard
    walled.folders = try DatabaseFolders(roots: [sample.folder + "/."], refused: [])
    var errors: [WireError?] = []
    for path in ["/missing.db", "/text.db", "", "/pipe", "/shop.db/x"] { errors.append(await error(sample.folder + path)) }
    errors.append(await error("/etc/passwd", walled))
    errors.append(await error("/nowhere/at/all", walled))
    for error in errors {
      #expect(error?.errorCode == .databaseUnavailable)
      #expect(error?.description == errors[0]?.description)
      #expect(error?.message.contains(sample.folder) == false)
    }
  }

  @Test func aFolderOfTheOperatorsHoldsAlsoBehindLinks() async throws {
    let (inside, outside) = (try SampleDatabase(), try SampleDatabase())
    defer {
      inside.remove()
      outside.remove()
    }
    var access = DatabaseAccess.standard
    access.folders = try DatabaseFolders(roots: [inside.folder], refused: [])
    #expect(await error(inside.path, access) == nil)
    #expect(await error(outside.path, access) != nil)
    try FileManager.default.createSymbolicLink(atPath: inside.folder + "/link.db", withDestinationPath: outside.path)
    #expect(await error(inside.folder + "/link.db", access) != nil)
    #expect(await error(inside.folder + "/../" + URL(filePath: outside.folder).lastPathComponent + "/shop.db", access) != nil)
    // The node's own results are nobody's database.
    access.folders = try DatabaseFolders(roots: [], refused: [inside.folder])
    #expect(await error(inside.path, access) != nil)
    #expect(await error(outside.path, access) == nil)
  }

  @Test(arguments: [
    "PRAGMA application_id = 0x4b414931; CREATE TABLE t (a)",
    "CREATE TABLE migrations (a); CREATE TABLE keys (a); CREATE TABLE sessions (a); CREATE TABLE leases (a)",
  ])
  func aDatabaseOfKaiSessionIsNoConnectionWhereverItLies(_ script: String) async throws {
    let sample = try SampleDatabase(script)
    defer { sample.remove() }
    let missing = await error(sample.folder + "/missing.db")
    #expect(await error(sample.path)?.description == missing?.description)
    #expect(missing != nil)
  }

  @Test func hostsAreThoseThatTheOperatorListed() throws {
    let cases: [(String, String, String, Bool)] = [
      ("any", "db", "10.0.0.1", true), ("any", "db", "127.0.0.1", false), ("any", "db", "::1", false),
      ("any,loopback", "db", "127.0.0.1", true), ("any,loopback", "db", "169.254.169.254", false),
      ("169.254.0.0/16,any,loopback", "db", "169.254.169.254", false), ("unix", "db", "10.0.0.1", false),
      ("db.example", "DB.example", "10.0.0.1", true), ("db.example", "x.db.example", "10.0.0.1", false),
      ("*.example", "db.example", "10.0.0.1", true), ("*.example", "example", "10.0.0.1", false),
      ("10.0.0.0/8", "anything", "10.9.9.9", true), ("10.0.0.0/8", "anything", "11.0.0.1", false),
      ("localhost", "localhost", "127.0.0.1", true), ("127.0.0.1", "127.0.0.1", "127.0.0.1", true),
    ]
    for (list, host, address, isAllowed) in cases {
      let hosts = try DatabaseHosts(parsing: list)
      #expect(hosts.allow(try #require(IPAddress(address)), of: host) == isAllowed, "\(list): \(host) \(address)")
    }
    #expect(!DatabaseHosts.standard.allowSockets)
    for list in ["", "a b", "10.0.0.0/99", "http://x", "*"] {
      #expect(throws: WireError.self) { try DatabaseHosts(parsing: list) }
    }
  }

  @Test func closedOpenUnknownAndForbiddenHostsGetTheSameSentence() async throws {
    let http = try Listener(saying: "HTTP/1.1 400 Bad Request\r\n\r\n")
    let silent = try Listener(saying: "")
    var nowhere = DatabaseAccess.standard
    nowhere.hosts = try DatabaseHosts(parsing: "any,loopback")
    let closed = try Listener(saying: "").closedPort()
    let uris = [
      "postgresql://u:secret-word@127.0.0.1:\(closed)/d", "postgresql://u:secret-word@127.0.0.1:\(http.port)/d",
      "postgresql://u:secret-word@127.0.0.1:\(silent.port)/d", "postgresql://u:secret-word@no-such-host.invalid/d",
      "postgresql://u:secret-word@169.254.169.254/d", "postgresql://u:secret-word@/d?host=/run/postgresql",
    ]
    var errors: [WireError?] = []
    for uri in uris {
      errors.append(
        await wireError { () async throws(WireError) in try await PostgreSQLDatabase(uri: uri, access: nowhere).open() })
    }
    for (uri, error) in zip(uris, errors) {
      #expect(error?.errorCode == .databaseUnavailable, "\(uri)")
      #expect(error?.description == errors[0]?.description, "\(uri)")
    }
  }

  /// By default a node does not go to itself: not even a connection is made.
  @Test func loopbackIsReachedWhenTheOperatorSaysSoAlone() async throws {
    let server = try Listener(saying: "")
    let uri = "postgresql://u:p@127.0.0.1:\(server.port)/d"
    let first = await wireError { () async throws(WireError) in try await PostgreSQLDatabase(uri: uri, access: .standard).open() }
    #expect(first?.errorCode == .databaseUnavailable)
    #expect(server.connections == 0)
    var access = DatabaseAccess.standard
    access.hosts = .everything
    _ = await wireError { () async throws(WireError) in try await PostgreSQLDatabase(uri: uri, access: access).open() }
    #expect(server.connections > 0)
  }

  /// The server asks for a clear-text password. Whatever lies in the environment and the home folder, none is sent.
  @Test func nothingOfTheMachineIsSentToAServer() async throws {
    setenv("PGPASSWORD", "of-the-environment", 1)
    setenv("PGSERVICE", "svc", 1)
    // R, 8 bytes, 3: AuthenticationCleartextPassword.
    let server = try Listener(bytes: [UInt8(ascii: "R"), 0, 0, 0, 8, 0, 0, 0, 3])
    var access = DatabaseAccess.standard
    access.hosts = .everything
    let uri = "postgresql://somebody@127.0.0.1:\(server.port)/d?sslmode=disable"
    let error = await wireError { () async throws(WireError) in try await PostgreSQLDatabase(uri: uri, access: access).open() }
    #expect(error?.message.contains("user and password") == true, "\(error?.description ?? "")")
    let received = server.received
    #expect(received.contains("somebody"))
    #expect(!received.contains("of-the-environment"))
    let user = String(cString: getpwuid(geteuid()).pointee.pw_name)
    #expect(!received.contains(user + "\0"))
    #expect(getenv("PGPASSWORD") == nil && getenv("PGSERVICE") == nil)
  }

  @Test func wordsOfServersAreOneLine() {
    #expect(OneLine.text("a\r\nb\u{1b}[31mc\u{202e}d\te") == "a\\nb\\u{1b}[31mc\\u{202e}d e")
    #expect(OneLine.first("first\r\nsecond") == "first")
    #expect(OneLine.first("first\nsecond") == "first")
  }

  private static func messages(_ word: String) -> [String] {
    [
      "connection to server at \"\(word)\" failed: could not translate host name", "FATAL:  \(word)",
      "FATAL:  password authentication failed for user \"\(word)\"\r\nhint \(word.suffix(3))",
    ]
  }

  /// What users are told of a connection that was not made does not depend on user or password at all, and what operators are
  /// told has no piece of either.
  @Test func noPieceOfAPasswordLeavesTheNode() {
    var seed: UInt64 = 11
    func next(_ bound: Int) -> Int {
      seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(seed >> 33) % bound
    }
    let alphabet = Array("abcXYZ019@/:%?#é ")
    for length in 1...24 {
      for _ in 0..<40 {
        let password = String((0..<length).map { _ in alphabet[next(alphabet.count)] })
        for (message, other) in zip(Self.messages(password), Self.messages("another")) {
          #expect(PostgreSQLRefusal(message).error.description == PostgreSQLRefusal(other).error.description)
          #expect(PiecesOfSecrets([password]).mayBe(in: message))
        }
        let characters = Array(password)
        if length >= 3 {
          let start = next(length - 2)
          #expect(PiecesOfSecrets([password]).mayBe(in: "x" + String(characters[start..<(start + 3)]) + "y"))
        }
      }
    }
    #expect(!PiecesOfSecrets(["hunter2", ""]).mayBe(in: "could not connect"))
  }
}
