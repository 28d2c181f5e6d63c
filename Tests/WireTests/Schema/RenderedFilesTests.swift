import Foundation
import JSON
import Testing
import Wire
import WireFuzz

/// Files that are rendered from the code. With KAI_RENDER=1 in the environment the tests write them; else they compare.
@Suite struct RenderedFilesTests {
  static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  private func check(_ path: String, _ rendered: String) throws {
    let file = Self.root.appending(path: path)
    if ProcessInfo.processInfo.environment["KAI_RENDER"] == "1" {
      try rendered.write(to: file, atomically: true, encoding: .utf8)
    }
    let stored = try String(contentsOf: file, encoding: .utf8)
    #expect(stored == rendered, "\(path) is out of date: run script/render")
  }

  @Test func protoFileMatchesTheMessages() throws {
    let comments = try SchemaComments(root: Self.root)
    try check("docs/kai.proto", ProtoRenderer.render(comment: comments.text))
  }

  /// A stranger has nothing else to go by.
  @Test func everyFieldValueMessageAndMethodSaysWhatItMeans() throws {
    let comments = try SchemaComments(root: Self.root)
    var asked = 0
    var silent: [String] = []
    _ = ProtoRenderer.render { type, part in
      asked += 1
      let text = comments.text(type, part)
      if text?.isEmpty ?? true { silent.append(part.map { "\(type).\($0)" } ?? type) }
      return text
    }
    #expect(asked > 1_000)
    #expect(silent == [])
  }

  @Test func errorTableInTheDocsMatchesTheCode() throws {
    let rows = ErrorTable.rows.map {
      "| \($0.code.rawValue) | `\($0.name)` | \($0.retry.label) | \($0.exit) | \($0.sentence) | \($0.hint) |\n"
    }
    let head = "| code | name | retry | exit | meaning | what to do |\n|---|---|---|---|---|---|\n"
    try check("docs/ERRORS.md", "# Errors\n\nRendered from `Sources/Wire/Schema/ErrorTable.swift`.\n\n" + head + rows.joined())
  }

  /// The preset dictionary of codec 2, byte for byte.
  @Test func publishedDictionaryIsTheOneInUse() throws {
    try check("docs/dictionary-1.txt", String(decoding: PresetDictionary.bytes, as: UTF8.self))
  }

  /// Each message, filled from a fixed seed, with its bytes: for clients in other languages, and against drift.
  @Test func goldenVectorsOfEveryMessageStillHold() throws {
    struct Vectors: MessageTypeVisitor {
      var lines: [JSONValue] = []
      mutating func visit<M: WireMessage>(_ type: M.Type) {
        for seed in 1...3 {
          var generator = MessageGenerator(seed: UInt64(seed) * 1_000)
          let message = generator.make(M.self)
          let hex = message.encoded().map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
          lines.append(["message": .string(M.messageName), "seed": .integer(Int64(seed)), "hex": .string(hex)])
        }
      }
    }
    var vectors = Vectors()
    Messages.visitAll(&vectors)
    let text = vectors.lines.map { $0.description + "\n" }.joined()
    try check("Tests/WireTests/Vectors/messages.jsonl", text)
    // Beside the documents, for whoever has nothing but them.
    try check("docs/vectors/messages.jsonl", text)
  }
}
