import Foundation
import NIOCore
import Testing
import Wire

@testable import kaictl

@Suite final class LocalFileTests {
  private let folder: String

  init() throws { folder = try LocalFile.makeTemporaryFolder() }
  deinit { try? FileManager.default.removeItem(atPath: folder) }

  private func names() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: folder).sorted() }

  @Test func aFileAppearsWholeOrNotAtAll() throws {
    let path = folder + "/a"
    do {
      let file = try AtomicFile(path: path, mode: 0o600)
      try file.write(.init(string: "half"))
      #expect(!LocalFile.exists(path))
    }
    #expect(try names() == [])
    try AtomicFile.write("whole", to: path, mode: 0o600, overwrite: false)
    #expect(try LocalFile.readText(path) == "whole")
    #expect(LocalFile.permissions(path) == 0o600)
    #expect(try names() == ["a"])
  }

  @Test func nothingIsOverwrittenUnasked() throws {
    let path = folder + "/a"
    try AtomicFile.write("old", to: path, mode: 0o600, overwrite: false)
    let error = #expect(throws: WireError.self) { try AtomicFile.write("new", to: path, mode: 0o600, overwrite: false) }
    #expect(error?.errorCode == .alreadyExists)
    #expect(try LocalFile.readText(path) == "old")
    try AtomicFile.write("new", to: path, mode: 0o600, overwrite: true)
    #expect(try LocalFile.readText(path) == "new")
    #expect(try names() == ["a"])
  }

  @Test func aMissingFileIsNamed() {
    let error = #expect(throws: WireError.self) { try LocalFile.read(folder + "/none") }
    #expect(error?.errorCode == .localIo)
    #expect(error?.message.contains("/none") == true)
  }

  /// A named pipe is not even opened: its writer would notice.
  @Test func nothingThatOneMayWaitForIsReadAsAFile() throws {
    let pipe = folder + "/pipe"
    #expect(mkfifo(pipe, 0o600) == 0)
    for (path, kind) in [(pipe, "a named pipe"), (folder, "a folder"), ("/dev/zero", "a device")] {
      let error = #expect(throws: WireError.self) { try LocalFile.read(path) }
      #expect(error?.errorCode == .localIo)
      #expect(error?.message.contains("is \(kind), not a file") == true, "\(error?.message ?? "")")
      #expect(throws: WireError.self) { _ = try LineReader(path: path) }
      #expect(throws: WireError.self) { _ = try InputFile(path: path) }
    }
    #expect(throws: WireError.self) { _ = try SkillFile.read(pipe) }
    #expect(throws: WireError.self) { _ = try KeyFile(path: pipe) }
  }

  @Test func whatTheShellLeftOpenIsRead() throws {
    var ends: [Int32] = [0, 0]
    #expect(pipe(&ends) == 0)
    defer { close(ends[0]) }
    #expect(write(ends[1], "secret", 6) == 6)
    close(ends[1])
    #expect(try LocalFile.readText("/dev/fd/\(ends[0])") == "secret")
  }

  @Test func aHugeFileIsRefused() throws {
    try AtomicFile.write(String(repeating: "x", count: 100), to: folder + "/a", mode: 0o600, overwrite: false)
    #expect(throws: WireError.self) { try LocalFile.read(folder + "/a", limit: 99) }
    #expect(try LocalFile.read(folder + "/a", limit: 100).count == 100)
  }

  @Test func anAbsolutePathIsPlain() {
    let here = FileManager.default.currentDirectoryPath
    #expect(LocalFile.absolute("./a/b") == here + "/a/b")
    #expect(LocalFile.absolute("a") == here + "/a")
    #expect(LocalFile.absolute("./") == here)
    #expect(LocalFile.absolute("/x/y") == "/x/y")
  }

  @Test func foldersAreMadeAllTheWay() throws {
    try LocalFile.makeFolder(folder + "/x/y/z", mode: 0o700)
    try LocalFile.makeFolder(folder + "/x/y/z", mode: 0o700)
    #expect(LocalFile.permissions(folder + "/x/y/z") == 0o700)
  }

  @Test func aKeyFileThatOthersCanReadIsWarnedAbout() throws {
    let path = folder + "/key"
    let secret = String(repeating: "0f", count: 32)
    try AtomicFile.write("key_1:\(secret)\n", to: path, mode: 0o600, overwrite: false)
    #expect(KeyFile.warning(path: path) == nil)
    #expect(try KeyFile(path: path).keyId == "key_1")
    chmod(path, 0o644)
    #expect(KeyFile.warning(path: path)?.hasSuffix("chmod 600 \(path)") == true)
    #expect(rename(path, folder + "/a key") == 0)
    #expect(KeyFile.warning(path: folder + "/a key")?.hasSuffix("chmod 600 '\(folder)/a key'") == true)
  }

  @Test func aBadKeyFileIsNamedWithoutItsText() throws {
    let path = folder + "/key"
    try AtomicFile.write("key_1:hunter2\n", to: path, mode: 0o600, overwrite: false)
    let error = #expect(throws: WireError.self) { try KeyFile(path: path) }
    #expect(error?.errorCode == .unauthenticated)
    #expect(error?.message.contains(path) == true)
    #expect(error?.description.contains("hunter2") == false)
  }
}
