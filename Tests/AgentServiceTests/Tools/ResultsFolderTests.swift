import Foundation
import Glibc
import Testing
import Wire

@testable import AgentService

/// A results folder with one session in it.
private struct Rig {
  let base = NSTemporaryDirectory() + "kai-results-\(UUID().uuidString)"
  let folder: ResultsFolder

  init() throws {
    folder = try ResultsFolder.create(results: base + "/r/s", connectionId: "shop", sessionId: "sess_0123456789ab")
  }

  func remove() { try? FileManager.default.removeItem(atPath: base) }
}

struct ResultsFolderTests {
  static let badPaths = [
    "", "/", "/etc/passwd", "//a", "..", "../a", "a/..", "a/../b", "a/../../b", ".", "./a", "a/./b", "a//b", "a/", ".hidden",
    "a/.git", "...", "a\\b", "..\\a", "a\0b", "a\nb", "a\u{7f}b", "\u{202e}a", "a\u{200b}b", "a\u{feff}", "a\u{2028}b",
    "e\u{301}", "a\u{a0}b", "\u{212b}", " a", "a ", "a\u{ad}b", "a\u{e000}", String(repeating: "a", count: 256),
    String(repeating: "a/", count: 16) + "b", String(repeating: "abcdefghi/", count: 110) + "a",
  ]

  @Test("no path leaves the folder or looks like another", arguments: badPaths)
  func escapes(_ path: String) throws {
    let rig = try Rig()
    defer { rig.remove() }
    for attempt in [{ try rig.folder.write([1], to: path) }, { _ = try rig.folder.read(path) }] {
      let error = #expect(throws: WireError.self) { try attempt() }
      #expect(error?.errorCode == .pathRefused)
      #expect(error?.message.utf8.allSatisfy { (0x20..<0x7f).contains($0) } == true)
    }
    #expect(try rig.folder.list().isEmpty)
  }

  @Test(
    "plain names are taken", arguments: ["a", "a.md", "charts/by month.svg", "é/ü.txt", "数据/表.csv", "a/b/c/d/e/f", "-x", "a..b"])
  func plain(_ path: String) throws {
    let rig = try Rig()
    defer { rig.remove() }
    try rig.folder.write([1, 2, 3], to: path)
    #expect(try rig.folder.read(path) == [1, 2, 3])
    #expect(try rig.folder.list() == [ResultsFolder.File(path: path, size: 3)])
  }

  @Test("links are never followed, neither folders nor files")
  func links() throws {
    let rig = try Rig()
    defer { rig.remove() }
    let outside = rig.base + "/outside"
    try FileManager.default.createDirectory(atPath: outside, withIntermediateDirectories: true)
    try Data("secret".utf8).write(to: URL(fileURLWithPath: outside + "/s.txt"))
    try #require(symlink(outside, rig.folder.root + "/out") == 0)
    try #require(symlink(outside + "/s.txt", rig.folder.root + "/s.txt") == 0)
    for path in ["out/s.txt", "s.txt", "out/new.txt", "out"] {
      let read = #expect(throws: WireError.self) { try rig.folder.read(path) }
      #expect(read?.errorCode == .pathRefused, "\(path)")
      let write = #expect(throws: WireError.self) { try rig.folder.write([1], to: path) }
      #expect(write?.errorCode == .pathRefused, "\(path)")
    }
    #expect(try rig.folder.list().isEmpty)
    #expect(try String(contentsOfFile: outside + "/s.txt", encoding: .utf8) == "secret")
    #expect(try FileManager.default.contentsOfDirectory(atPath: outside) == ["s.txt"])
  }

  @Test("what is no file is not read or replaced, and does not block")
  func specialFiles() throws {
    let rig = try Rig()
    defer { rig.remove() }
    try #require(mkfifo(rig.folder.root + "/pipe", 0o600) == 0)
    try rig.folder.write([1], to: "dir/a")
    for path in ["pipe", "dir", "dir/a/b"] {
      let read = #expect(throws: WireError.self) { try rig.folder.read(path) }
      #expect(read?.errorCode == .pathRefused, "\(path)")
      let write = #expect(throws: WireError.self) { try rig.folder.write([1], to: path) }
      #expect(write?.errorCode == .pathRefused, "\(path)")
    }
  }

  @Test("everything is private to its owner, and nothing is left behind by a write")
  func modes() throws {
    let rig = try Rig()
    defer { rig.remove() }
    try rig.folder.write([1], to: "a/b.txt")
    try rig.folder.write([2, 3], to: "a/b.txt")
    var info = stat()
    for (path, mode) in [("", 0o700), ("/..", 0o700), ("/a", 0o700), ("/a/b.txt", 0o600)] as [(String, mode_t)] {
      try #require(stat(rig.folder.root + path, &info) == 0)
      #expect(info.st_mode & 0o777 == mode, "\(path)")
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: rig.folder.root + "/a") == ["b.txt"])
    #expect(try rig.folder.read("a/b.txt") == [2, 3])
  }

  @Test("ids that are no plain names make no folder", arguments: ["..", "a/b", "", ".x", "/tmp"])
  func badIds(_ id: String) throws {
    let rig = try Rig()
    defer { rig.remove() }
    for (connection, session) in [(id, "sess_0123456789ab"), ("shop", id)] {
      let error = #expect(throws: WireError.self) {
        _ = try ResultsFolder.create(results: rig.base + "/q", connectionId: connection, sessionId: session)
      }
      #expect(error?.errorCode == .pathRefused)
      #expect(throws: WireError.self) {
        try ResultsFolder.remove(results: rig.base + "/r/s", connectionId: connection, sessionId: session)
      }
    }
    #expect(FileManager.default.fileExists(atPath: rig.folder.root))
  }

  @Test("a link in the place of a session's folder is refused")
  func linkedSession() throws {
    let rig = try Rig()
    defer { rig.remove() }
    try #require(symlink("/tmp", rig.base + "/r/s/shop/sess_000000000001") == 0)
    let error = #expect(throws: WireError.self) {
      _ = try ResultsFolder.create(results: rig.base + "/r/s", connectionId: "shop", sessionId: "sess_000000000001")
    }
    #expect(error?.errorCode == .pathRefused)
  }

  @Test("removing a session takes its files, not what its links name, and may be repeated")
  func removal() throws {
    let rig = try Rig()
    defer { rig.remove() }
    let outside = rig.base + "/keep.txt"
    try Data("keep".utf8).write(to: URL(fileURLWithPath: outside))
    try rig.folder.write([1], to: "a/b/c.txt")
    try #require(symlink(outside, rig.folder.root + "/link") == 0)
    for _ in 1...2 {
      try ResultsFolder.remove(results: rig.base + "/r/s", connectionId: "shop", sessionId: "sess_0123456789ab")
    }
    try ResultsFolder.remove(results: rig.base + "/never", connectionId: "shop", sessionId: "sess_0123456789ab")
    #expect(!FileManager.default.fileExists(atPath: rig.folder.root))
    #expect(FileManager.default.fileExists(atPath: outside))
    #expect(FileManager.default.fileExists(atPath: rig.base + "/r/s/shop"))
  }

  @Test("the list is sorted and leaves out hidden names")
  func list() throws {
    let rig = try Rig()
    defer { rig.remove() }
    for path in ["b", "a/z", "a/b/c", "Z"] { try rig.folder.write([UInt8](path.utf8), to: path) }
    try Data().write(to: URL(fileURLWithPath: rig.folder.root + "/.kai-1-1.tmp"))
    #expect(try rig.folder.list().map(\.path) == ["Z", "a/b/c", "a/z", "b"])
    #expect(try rig.folder.list().map(\.size) == [1, 5, 3, 1])
  }
}
