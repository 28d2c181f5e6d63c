import Foundation
import Testing

/// The house rules that a machine can check (the rest is in CONTRIBUTING.md).
@Suite struct HouseRulesTests {
  struct SourceFile: Sendable {
    let path: String
    let lines: [Substring]
  }

  static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  static let files: [SourceFile] = {
    var files: [SourceFile] = []
    for folder in ["Sources", "Tests", "Benchmarks"] {
      let base = root.appending(path: folder)
      guard let paths = FileManager.default.enumerator(atPath: base.path) else { continue }
      for case let path as String in paths where path.hasSuffix(".swift") {
        guard let text = try? String(contentsOf: base.appending(path: path), encoding: .utf8) else { continue }
        files.append(
          SourceFile(path: "\(folder)/\(path)", lines: text.split(separator: "\n", omittingEmptySubsequences: false)))
      }
    }
    return files.sorted { $0.path < $1.path }
  }()

  private func offenders(in folders: [String], _ isBad: (SourceFile, Substring) -> Bool) -> [String] {
    Self.files.filter { file in folders.contains { file.path.hasPrefix($0) } }.flatMap { file in
      file.lines.enumerated().filter { isBad(file, $0.element) }.map { "\(file.path):\($0.offset + 1)" }
    }
  }

  @Test func theTreeWasFound() {
    #expect(Self.files.count > 50)
  }

  @Test func noFileIsTooLong() {
    // Tables are data: one row a line, however many there are.
    let tables = ["ErrorTable.swift", "MethodTable.swift"]
    let long = Self.files.filter { file in file.lines.count > 500 && !tables.contains { file.path.hasSuffix($0) } }
    #expect(long.map { "\($0.path): \($0.lines.count) lines" } == [])
  }

  @Test func noVagueNames() {
    let vague = ["Utils", "Helpers", "Helper", "Manager", "Base", "Common", "Misc", "P"]
    let names = Self.files.map { URL(filePath: $0.path).deletingPathExtension().lastPathComponent }
    #expect(names.filter { name in vague.contains { name == $0 || ($0.count > 4 && name.hasSuffix($0)) } } == [])
  }

  @Test func nothingIsLeftForLater() {
    let marks = ["TO" + "DO", "FIX" + "ME", "XX" + "X:"]
    #expect(offenders(in: ["Sources", "Tests", "Benchmarks"]) { _, line in marks.contains { line.contains($0) } } == [])
  }

  @Test func fullFoundationStaysOutOfTheProducts() {
    // It adds some 60 MB to a static binary.
    let bad = offenders(in: ["Sources"]) { _, line in
      line.hasSuffix("import Foundation") || line.hasSuffix("import FoundationNetworking")
    }
    #expect(bad == [])
  }

  @Test func nothingThatDataCanReachMayTrap() {
    let traps = ["try!", "as!", "fatalError("]
    #expect(offenders(in: ["Sources"]) { _, line in traps.contains { line.contains($0) } } == [])
  }

  @Test func unsafeSharingIsExplainedBesideIt() {
    let words = ["@unchecked Sendable", "nonisolated(unsafe)"]
    var bad: [String] = []
    for file in Self.files where file.path.hasPrefix("Sources") {
      for (index, line) in file.lines.enumerated() where words.contains(where: { line.contains($0) }) {
        let near = file.lines[max(0, index - 4)...min(file.lines.count - 1, index + 2)]
        if !near.contains(where: { $0.contains("//") }) { bad.append("\(file.path):\(index + 1)") }
      }
    }
    #expect(bad == [])
  }

  @Test func eachRoomImportsOnlyWhatItMay() {
    let walls: [(folder: String, forbidden: [String])] = [
      ("Sources/Wire/Frame", ["NIOPosix"]),
      ("Sources/Wire/Codec", ["NIOPosix", "Crypto"]),
      ("Sources/Wire/Schema", ["NIOPosix", "NIOCore", "Crypto"]),
      ("Sources/Wire/Connection", ["NIOPosix"]),
      ("Sources/SessionService/Domain", ["SQLite", "NIOPosix", "NIOCore"]),
      ("Sources/SessionService/API", ["SQLite", "NIOPosix"]),
      ("Sources/AgentService/Tools", ["NIOCore", "NIOPosix"]),
      ("Sources/SessionService", ["AgentService", "kaictl", "PostgreSQL"]),
      ("Sources/AgentService", ["SessionService", "kaictl"]),
      ("Sources/kaictl", ["SessionService", "AgentService", "SQLite"]),
    ]
    for wall in walls {
      let bad = offenders(in: [wall.folder + "/"]) { _, line in
        wall.forbidden.contains { line.hasSuffix("import \($0)") }
      }
      #expect(bad == [], "\(wall.folder) may not import \(wall.forbidden)")
    }
  }

  @Test func onlyTheStoreSpeaksSQLInTheSessionService() {
    let verbs = ["\"SELECT ", "\"INSERT ", "\"UPDATE ", "\"DELETE FROM"]
    let bad = offenders(in: ["Sources/SessionService/API", "Sources/SessionService/Domain", "Sources/SessionService/Admin"]) {
      _, line in verbs.contains { line.contains($0) }
    }
    #expect(bad == [])
  }

  @Test func everyScriptIsExecutable() throws {
    let scripts = try FileManager.default.contentsOfDirectory(atPath: Self.root.appending(path: "script").path)
    for script in scripts {
      #expect(FileManager.default.isExecutableFile(atPath: Self.root.appending(path: "script/\(script)").path), "\(script)")
    }
  }
}
