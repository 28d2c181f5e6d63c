import Foundation
import FoundationXML
import JSON
import Testing
import Wire

@testable import AgentService

struct ReportAndFilesTests {
  @Test func aPageHoldsItsChartsAndItsTablesComeFromQueries() async throws {
    let rig = try await ToolRig()
    defer { rig.sample.remove() }
    _ = try await rig.json(
      "make_chart",
      ["path": "c/a.svg", "kind": "bar", "title": "Orders", "x": "id", "y": "amount", "sql": "SELECT id, amount FROM orders"])
    let sections: JSONValue = [
      [
        "heading": "What <was> sold", "text": "Some *text*.\n\n- one\n- two",
        "sql": "SELECT id, amount, shipped_by FROM orders ORDER BY id",
      ],
      ["heading": "Picture", "chart": "c/a.svg"],
    ]
    let answer = try await rig.json(
      "make_report", ["path": "r.html", "title": "Orders & more", "summary": "Four orders.", "sections": sections])
    #expect(answer["tables"] == 1 && answer["charts"] == 1)
    let page = String(decoding: try rig.context.folder.read("r.html"), as: UTF8.self)
    #expect(page.contains("<h1>Orders &amp; more</h1>") && page.contains("What &lt;was&gt; sold"))
    #expect(page.contains("<td class=\"number\">10.5</td>") && page.contains("<svg ") && page.contains("<li>two</li>"))
    #expect(!page.contains("<script") && !page.contains("http://") || page.contains("http://www.w3.org/2000/svg"))
    _ = try await rig.json("make_report", ["path": "r.md", "title": "Orders", "sections": sections])
    let text = String(decoding: try rig.context.folder.read("r.md"), as: UTF8.self)
    #expect(text.contains("| ---: | ---: | --- |") && text.contains("![Picture](c/a.svg)"))
  }

  @Test func aPNGIsAPicture() async throws {
    let rig = try await ToolRig()
    defer { rig.sample.remove() }
    let output = try await rig.run(
      "make_chart",
      [
        "path": "a.png", "kind": "pie", "title": "Shares", "x": "shipped_by", "y": "n",
        "sql": "SELECT shipped_by, count(*) AS n FROM orders GROUP BY 1",
      ])
    #expect(output.files == ["a.png"])
    let bytes = try rig.context.folder.read("a.png")
    #expect(bytes.starts(with: [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]))
    // 1,600 pixels wide, as its header says.
    #expect(Array(bytes[16..<24]) == [0, 0, 6, 64, 0, 0, 3, 192])
  }

  @Test func aFileIsEditedWhereThatIsClear() async throws {
    let rig = try await ToolRig()
    defer { rig.sample.remove() }
    try rig.context.folder.write(Array("one two two".utf8), to: "a.txt")
    #expect(try await rig.json("edit_file", ["path": "a.txt", "old": "one", "new": "1"])["replaced"] == 1)
    #expect(await rig.error("edit_file", ["path": "a.txt", "old": "two", "new": "2"])?.message.contains("2 times") == true)
    #expect(try await rig.json("edit_file", ["path": "a.txt", "old": "two", "new": "", "all": true])["replaced"] == 2)
    #expect(try rig.context.folder.read("a.txt") == Array("1  ".utf8))
    #expect(await rig.error("edit_file", ["path": "a.txt", "old": "one", "new": "1"])?.message.contains("nowhere") == true)
    // What a replacement would make is known before it is made.
    try rig.context.folder.write(Array(repeating: UInt8(ascii: "a"), count: 1_000), to: "bomb.txt")
    let large = JSONValue.string(String(repeating: "b", count: 200_000))
    let error = await rig.error("edit_file", ["path": "bomb.txt", "old": "a", "new": large, "all": true])
    #expect(error?.message.contains("would become larger than 16 MiB") == true)
    #expect(try rig.context.folder.read("bomb.txt").count == 1_000)
  }

  @Test func filesAreSearchedByTextAndName() async throws {
    let rig = try await ToolRig()
    defer { rig.sample.remove() }
    try rig.context.folder.write(Array("first\nLate flights\n".utf8), to: "reports/a.md")
    try rig.context.folder.write(Array("late,1\n".utf8), to: "data.csv")
    try rig.context.folder.write([0xff, 0xfe, 0x00], to: "binary")
    let all = try await rig.json("search_files", ["text": "late"])["matches"]?.array ?? []
    #expect(all.map { $0["path"] } == ["data.csv", "reports/a.md"])
    #expect(all.last == ["path": "reports/a.md", "line": 2, "text": "Late flights"])
    #expect(try await rig.json("search_files", ["text": "late", "name": "*.csv"])["matches"]?.array?.count == 1)
    // No pattern takes long, however many stars it has.
    let stars = Array(String(repeating: "*a", count: 200) + "b")
    #expect(!SearchFilesTool.isLike(Array(String(repeating: "a", count: 2_000)), stars))
  }

  @Test func todosComeBackAndAreSeen() async throws {
    let rig = try await ToolRig()
    defer { rig.sample.remove() }
    let output = try await rig.run(
      "update_todos", ["todos": [["text": "count", "status": "in_progress"], ["text": "write", "status": "pending"]]])
    #expect(output.todos.map(\.status) == [.inProgress, .pending] && output.todos.map(\.text) == ["count", "write"])
    let error = await rig.error("update_todos", ["todos": [["text": "x", "status": "lost"]]])
    #expect(error?.message.contains("entry 1") == true && error?.message.contains("pending, in_progress, done") == true)
  }
}
