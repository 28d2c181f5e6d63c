import Foundation
import JSON
import Testing
import Wire

/// This build against the messages of releases before: `Vectors/VERSION` holds their kai.proto and messages.jsonl as they were. The programs
/// themselves are run against each other by script/test-versions.
@Suite struct EvolutionTests {
  private static let releases = ["0.1"]
  private static let text = ProtoRenderer.render()
  private static let now = ProtoText(text)

  private func released(_ version: String, _ name: String) throws -> String {
    try String(contentsOf: RenderedFilesTests.root.appending(path: "Tests/WireTests/Vectors/\(version)/\(name)"), encoding: .utf8)
  }

  @Test(arguments: releases) func fieldsMethodsAndNumbersAreOnlyAdded(_ version: String) throws {
    let old = ProtoText(try released(version, "kai.proto"))
    #expect(old.methods.count > 60 && old.fields.count > 500 && old.values.count > 100)
    #expect(old.breaks(in: Self.now) == [])
  }

  /// What the check above must find.
  @Test(arguments: [
    ("string session_id = 1;", "string session_id = 2;"), ("string session_id = 1;", "bytes session_id = 1;"),
    ("TASK_STATUS_PARTIAL = 5;", "TASK_STATUS_PARTIAL = 6;"), ("task.watch(", "task.follow("), ("-> stream Event", "-> Event"),
    ("uint64 row_count = 2;", "uint64 row_count = 2;  // at most 9"), ("at most 64 bytes", "at most 63 bytes"),
    ("// at most 256 bytes", "// at most 25 bytes"),
    ("{admin, user, agent, viewer}", "{admin, user, viewer}"),
  ])
  func aBreakIsFound(_ was: String, _ becomes: String) {
    let broken = Self.text.replacingOccurrences(of: was, with: becomes)
    #expect(broken != Self.text, "\(was) is not in kai.proto")
    #expect(!Self.now.breaks(in: ProtoText(broken)).isEmpty)
  }

  /// What a program of then sends is read whole, and says the same when it is written again.
  @Test(arguments: releases) func messagesOfThenAreReadWhole(_ version: String) throws {
    let lines = try released(version, "messages.jsonl").split(separator: "\n")
    #expect(lines.count > 400)
    for line in lines {
      let vector = try JSONValue(parsing: String(line))
      let name = try #require(vector["message"]?.string)
      let hex = try #require(vector["hex"]?.string)
      var reader = Reader(name: name, bytes: Self.bytes(hex))
      Messages.visitAll(&reader)
      #expect(reader.again == reader.bytes, "\(name): \(reader.problem)")
    }
  }

  private struct Reader: MessageTypeVisitor {
    let name: String
    let bytes: [UInt8]
    var again: [UInt8]?
    var problem = "there is no such message any more"

    mutating func visit<M: WireMessage>(_ type: M.Type) {
      guard M.messageName == name else { return }
      do throws(WireError) {
        again = try M(decoding: bytes).encoded()
        problem = "it says something else"
      } catch {
        problem = "\(error)"
      }
    }
  }

  private static func bytes(_ hex: String) -> [UInt8] {
    let digits = hex.compactMap { $0.hexDigitValue.map { UInt8($0) } }
    return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
  }
}

/// What kai.proto promises, read from its text.
private struct ProtoText {
  struct Promise {
    /// Everything but the bounds.
    let text: String
    /// The numbers that were given as bounds: they may grow.
    let bounds: [Int]
    let roles: Set<Substring>
  }

  /// By their number.
  private(set) var methods: [String: Promise] = [:]
  /// By message and number.
  private(set) var fields: [String: Promise] = [:]
  /// By enum and number.
  private(set) var values: [String: Promise] = [:]

  init(_ text: String) {
    var scope = ""
    for line in text.split(separator: "\n") {
      if line.hasPrefix("//"), let match = line.wholeMatch(of: /\/\/   (\d+)  (.+?)  \{(.*)\}/) {
        methods[String(match.1)] = Promise(
          text: String(match.2), bounds: [], roles: Set(match.3.split(separator: ", ")))
      } else if line.hasSuffix("{"), let match = line.wholeMatch(of: /(message|enum) (\w+) \{/) {
        scope = String(match.2)
      } else if line.hasPrefix("  "), let match = line.wholeMatch(of: /\s{2}([\w ]+) = (\d+);(?:  \/\/ (.*))?/) {
        let bounds = (match.3 ?? "").matches(of: /at most (\d+)/).compactMap { Int($0.1) }
        let promise = Promise(text: String(match.1), bounds: bounds, roles: [])
        if match.1.contains(" ") { fields["\(scope) \(match.2)"] = promise } else { values["\(scope) \(match.2)"] = promise }
      }
    }
  }

  /// What a peer that was built for this text would no longer find in another one.
  func breaks(in new: ProtoText) -> [String] {
    compare("method", methods, new.methods) + compare("field", fields, new.fields) + compare("value", values, new.values)
  }

  private func compare(_ kind: String, _ old: [String: Promise], _ new: [String: Promise]) -> [String] {
    old.sorted { $0.key < $1.key }.compactMap { key, was in
      guard let now = new[key] else { return "\(kind) \(key) (\(was.text)) is gone" }
      guard now.text == was.text else { return "\(kind) \(key) was '\(was.text)' and is '\(now.text)'" }
      guard now.bounds.count <= was.bounds.count, zip(now.bounds, was.bounds).allSatisfy({ $0 >= $1 }) else {
        return "\(kind) \(key) (\(was.text)) has less room"
      }
      guard now.roles.isSuperset(of: was.roles) else { return "\(kind) \(key) (\(was.text)) is kept from a role" }
      return nil
    }
  }
}
