import Testing
import Wire

@testable import SessionService

@Suite struct InputRulesTests {
  private func refusal<T>(_ body: () throws(WireError) -> T) -> ErrorCode? {
    do throws(WireError) {
      _ = try body()
      return nil
    } catch { return error.errorCode }
  }

  @Test(arguments: [
    "", "sess_", "sess_0123456789a", "sess_0123456789abc", "sess_0123456789aB", "sess_0123456789ag", "task_0123456789ab",
    "SESS_0123456789ab", "sess_0123456789a\u{0}", "sess_٠١٢٣٤٥",
  ])
  func whatIsNoIdIsRefused(_ text: String) {
    #expect(!Identifier.session.matches(text))
    #expect(refusal { () throws(WireError) in try Identifier.session.require(text) } == .invalidArgument)
  }

  @Test func anIdIsTaken() {
    #expect(Identifier.session.matches("sess_0123456789ab"))
  }

  @Test(arguments: ["", "-a", "_a", "A", "a b", "ä", String(repeating: "a", count: 65), "a/b"])
  func whatIsNoAliasIsRefused(_ text: String) {
    #expect(refusal { () throws(WireError) in try ConnectionAlias.require(text) } == .invalidArgument)
  }

  @Test(arguments: ["a", "0", "a-b_c", String(repeating: "z", count: 64)])
  func anAliasIsTaken(_ text: String) {
    #expect(refusal { () throws(WireError) in try ConnectionAlias.require(text) } == nil)
  }

  @Test(arguments: [
    "", "file.db", "sqlite://relative.db", "sqlite:///", "mysql://x", "postgresql://", "sqlite:///a\nb",
    "sqlite:///a.db?mode=rwc", "postgresql://host/db", "postgresql://me@host", "postgresql://me:se/c?r@et@host/db",
    "postgresql://me@host/db?service=svc", "postgresql://me@host/db?passfile=/x", "postgresql://me@host/db?password=secret",
    "postgresql://me@host/db?host=elsewhere", "postgresql://me@host/db?hostaddr=127.0.0.1",
  ])
  func whatIsNoAddressIsRefused(_ text: String) {
    #expect(refusal { () throws(WireError) in try DatabaseURI(text) } == .invalidArgument)
  }

  @Test(arguments: [
    ("sqlite:///data/a.db", "sqlite:///data/a.db"),
    ("postgresql://me@host/db", "postgresql://me@host/db"),
    ("postgres://me:secret@host:5432/db", "postgres://me:***@host:5432/db"),
    ("postgresql://me:se%2Fc%3Fr%40et@host/db?sslmode=require", "postgresql://me:***@host/db?sslmode=require"),
  ])
  func aPasswordIsMasked(_ uri: String, _ masked: String) throws {
    #expect(try DatabaseURI(uri).masked == masked)
  }

  @Test(arguments: [
    "", "/etc/passwd", "..", "a/../b", "./a", "a//b", "a/", "a\\b", "a\u{0}b", "a\nb", "re\u{202e}port.md", "a\u{200b}b",
    String(repeating: "a", count: 256), String(repeating: "ab/", count: 400) + "c",
  ])
  func aPathThatLeavesOrDeceivesIsRefused(_ path: String) {
    #expect(refusal { () throws(WireError) in try ArtifactPath.require(path) } == .pathRefused)
  }

  @Test(arguments: ["report.md", "charts/by month.svg", "Übersicht.md", "...a"])
  func aPlainPathIsTaken(_ path: String) {
    #expect(refusal { () throws(WireError) in try ArtifactPath.require(path) } == nil)
  }

  @Test func aCursorOfAnotherListIsRefused() throws {
    let cursor = PageRequest.cursor(after: 27, list: "session")
    #expect(try PageRequest(Page(limit: 5, cursor: cursor), list: "session").before == 27)
    for bad in [cursor, "memory.", "memory.xyz", "memory.-1", "memory.0", "x", "memory.1.2"] {
      let code = refusal { () throws(WireError) in try PageRequest(Page(limit: 5, cursor: bad), list: "memory") }
      #expect(code == .invalidArgument, "\(bad)")
    }
    #expect(refusal { () throws(WireError) in try PageRequest(Page(limit: 1_001), list: "memory") } == .invalidArgument)
    #expect(try PageRequest(nil, list: "memory").limit == 100)
  }

  @Test func metadataIsPatchedAsRFC7396Says() throws {
    let patched = try SessionRules.metadata("{\"a\":1,\"b\":{\"c\":2}}", patchedBy: "{\"a\":null,\"b\":{\"d\":3}}")
    #expect(patched == "{\"b\":{\"c\":2,\"d\":3}}")
    #expect(refusal { () throws(WireError) in try SessionRules.metadata("{}", patchedBy: "[1]") } == .invalidJson)
    let large = "{\"a\":\"" + String(repeating: "x", count: 65_536) + "\"}"
    #expect(refusal { () throws(WireError) in try SessionRules.metadata("{}", patchedBy: large) } == .limitExceeded)
  }

  @Test func anExpiryBeyondTimeIsRefused() {
    let now = Timestamp(microseconds: 1_000)
    for span in [UInt64.max, 9_223_372_036_854_775] {
      #expect(refusal { () throws(WireError) in try MemoryRules.expiry(inMs: span, at: now) } == .invalidArgument)
    }
  }
}
