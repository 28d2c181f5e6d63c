import Foundation
import JSON
import Testing
import Wire

@testable import AgentService

/// No path that a model writes leaves the session's folder, whatever tool it gives it to.
struct PathEscapeTests {
  private static let paths = [
    "../a", "../../a", "a/../../b", "/etc/a", "//etc/a", "a\u{0}b", "./../a", "..\u{2f}a", "a/./../../b", "link/a", "fifo",
    String(repeating: "a", count: 5_000), String(repeating: "a/", count: 200) + "b", "", ".", "..", "a/", ".hidden",
  ]

  /// What else each tool with a path wants, and the ending that its paths need.
  private static let others: [String: (arguments: [JSONValue.Member], ending: String)] = [
    "write_file": ([.init("content", "x")], ".md"), "read_file": ([], ".md"),
    "edit_file": ([.init("old", "x"), .init("new", "y")], ".md"),
    "export_data": ([.init("sql", "SELECT 1")], ".csv"),
    "make_chart": (
      [.init("kind", "bar"), .init("title", "t"), .init("x", "a"), .init("sql", "SELECT 1 AS a, 2 AS b")], ".svg"
    ),
    "make_report": ([.init("title", "t"), .init("sections", .array([["heading": "h", "text": "t"]]))], ".html"),
  ]

  @Test func noToolWritesOrReadsOutside() async throws {
    let rig = try await ToolRig()
    defer { rig.sample.remove() }
    let root = rig.context.folder.root
    try FileManager.default.createSymbolicLink(atPath: root + "/link", withDestinationPath: rig.sample.folder)
    mkfifo(root + "/fifo", 0o600)
    let before = try FileManager.default.subpathsOfDirectory(atPath: rig.sample.folder).sorted()
    let tools = ToolRegistry.standard.tools(for: .fullAutonomy).filter { $0.parameters["properties"]?["path"] != nil }
    #expect(Set(tools.map(\.name)) == Set(Self.others.keys), "a tool with a path is not tried here")
    for tool in tools {
      let other = try #require(Self.others[tool.name])
      for path in Self.paths {
        // With the ending that the tool wants and without.
        for ending in [other.ending, ""] {
          let arguments = JSONValue.object([.init("path", .string(path + ending))] + other.arguments)
          // A name that is only odd may be written inside; nothing else may be.
          _ = await rig.error(tool.name, arguments)
        }
      }
    }
    let after = try FileManager.default.subpathsOfDirectory(atPath: rig.sample.folder).sorted()
    let inside = root.dropFirst(rig.sample.folder.count + 1)
    #expect(after.filter { !$0.hasPrefix(inside) } == before.filter { !$0.hasPrefix(inside) })
    #expect(!FileManager.default.fileExists(atPath: "/etc/a.md"))
  }

  @Test func aReportsChartsComeFromInsideAndAreHarmless() async throws {
    let rig = try await ToolRig()
    defer { rig.sample.remove() }
    func error(_ chart: String) async -> WireError? {
      await rig.error(
        "make_report", ["path": "r.html", "title": "t", "sections": [["heading": "h", "chart": .string(chart)]]])
    }
    for path in ["../../shop.db", "/etc/passwd", "link/x.svg", "missing.svg"] { #expect(await error(path) != nil, "\(path)") }
    let evil = [
      "<svg><script>alert(1)</script></svg>", "<svg onload=\"alert(1)\"/>", "<svg><image href=\"http://x\"/></svg>",
      "<svg><a xlink:href=\"javascript:x\">x</a></svg>", "<svg><foreignObject/></svg>", "<svg/onclick = 'x'/>",
      "<svg><rect style=\"fill:url(http://x)\"/></svg>",
    ]
    for (number, svg) in evil.enumerated() {
      try rig.context.folder.write(Array(svg.utf8), to: "evil\(number).svg")
      #expect(await error("evil\(number).svg")?.errorCode == .toolArguments, "\(svg)")
    }
  }

  @Test func aToolThatTheModeDoesNotHaveIsNotRunWhateverThePromptSays() async throws {
    let rig = try await ToolRig()
    defer { rig.sample.remove() }
    for (mode, name) in [
      (SessionMode.query, "write_file"), (.query, "python"), (.analysis, "python"), (.analysis, "read_file"),
      (.query, "export_data"),
    ] {
      let error = await wireError { () async throws(WireError) in
        _ = try await rig.run(name, ["path": "a.md", "content": "x", "code": "1", "sql": "SELECT 1"], mode: mode)
      }
      #expect(error?.errorCode == .unknownTool, "\(name) in \(mode)")
    }
    #expect(try rig.context.folder.list().isEmpty)
  }
}
