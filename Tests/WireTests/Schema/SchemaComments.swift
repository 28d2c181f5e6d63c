import Foundation

/// What the source files of the messages say of each type, field and case: the documentation that stands above it.
struct SchemaComments {
  private var texts: [String: String] = [:]

  /// Reads `Sources/Wire/Schema`.
  init(root: URL) throws {
    let folder = root.appending(path: "Sources/Wire/Schema")
    for name in try FileManager.default.contentsOfDirectory(atPath: folder.path()).sorted() where name.hasSuffix(".swift") {
      read(try String(contentsOf: folder.appending(path: name), encoding: .utf8))
    }
  }

  /// - Parameter part: a field's name on the wire, or a case's in Swift.
  func text(_ type: String, _ part: String?) -> String? {
    texts[part.map { "\(type).\($0)" } ?? type]
  }

  private mutating func read(_ source: String) {
    var type = ""
    var documentation: [Substring] = []
    var properties: [String: String] = [:]
    for line in source.split(separator: "\n", omittingEmptySubsequences: false) {
      let text = line.drop { $0 == " " }
      if text.hasPrefix("///") {
        documentation.append(text.dropFirst(3).drop { $0 == " " })
        continue
      }
      let said = documentation.isEmpty ? nil : Self.plain(documentation.joined(separator: " "))
      documentation = []
      if let declared = line.prefixMatch(of: /public (?:struct|enum) (\w+)/) {
        type = String(declared.1)
        properties = [:]
        texts[type] = said
      } else if let property = text.prefixMatch(of: /(?:@\w+ )?public var (\w+)/) {
        properties[String(property.1)] = said
      } else if let value = text.prefixMatch(of: /case (\w+)/) {
        texts["\(type).\(value.1)"] = said
      } else if let field = text.prefixMatch(of: /v\.(?:field|json|secret)\(\d+, "(\w+)", &(\w+)/) {
        texts["\(type).\(field.1)"] = properties[String(field.2)]
      }
    }
  }

  /// Without Swift's signs for links: ``Event/rowCount`` is Event.row_count elsewhere, and ``taskFinished`` is task_finished.
  private static func plain(_ text: String) -> String {
    text.replacing(/``(\w+)(?:\/(\w+))?``/) { match in
      let isType = match.1.first?.isUppercase ?? false
      return "`" + (isType ? String(match.1) : snakeCase(match.1)) + (match.2.map { "." + snakeCase($0) } ?? "") + "`"
    }
  }

  private static func snakeCase(_ name: Substring) -> String {
    name.reduce(into: "") { $0 += $1.isUppercase ? "_" + $1.lowercased() : String($1) }
  }
}
