import JSON
import Wire

/// One argument of a tool: the JSON Schema that the model sees and the check of what it sends come from the same line.
struct ToolParameter: Sendable {
  /// What an argument may be.
  enum Kind: Sendable {
    /// Any text of at most this many bytes.
    case text(maxBytes: Int)
    case choice([String])
    case integer(ClosedRange<Int64>)
    case number(ClosedRange<Double>)
    /// A list of at most `maxCount` numbers.
    case numbers(maxCount: Int, ClosedRange<Double>)
    /// True or false.
    case flag
    /// A list of at most `maxCount` texts.
    case texts(maxCount: Int, maxBytes: Int)
    /// One text, or a list of them.
    case textOrTexts(maxCount: Int, maxBytes: Int)
    /// Any JSON object of at most this many bytes.
    case object(maxBytes: Int)
    /// A list of rows, each a list of texts, numbers, booleans and nulls.
    case rows(maxCount: Int)
    /// A list of at most `maxCount` objects with these members and no others.
    case objects(maxCount: Int, members: [ToolParameter])
    /// An object with `columns` and `rows`.
    case table(maxRows: Int)
  }

  let name: String
  let kind: Kind
  let isRequired: Bool
  /// For the model.
  let description: String

  static func required(_ name: String, _ kind: Kind, _ description: String) -> ToolParameter {
    ToolParameter(name: name, kind: kind, isRequired: true, description: description)
  }

  static func optional(_ name: String, _ kind: Kind, _ description: String) -> ToolParameter {
    ToolParameter(name: name, kind: kind, isRequired: false, description: description)
  }
}

extension [ToolParameter] {
  /// The JSON Schema of an object with these members and no others.
  var schema: JSONValue {
    .object([
      .init("type", "object"),
      .init("properties", .object(map { .init($0.name, $0.schema) })),
      .init("required", .array(filter(\.isRequired).map { .string($0.name) })),
      .init("additionalProperties", false),
    ])
  }
}

extension ToolParameter {
  fileprivate var schema: JSONValue {
    guard case .object(let members) = kind.schema else { return kind.schema }
    return .object(members + [.init("description", .string(description))])
  }
}

extension ToolParameter.Kind {
  private static let text: JSONValue = ["type": "string"]
  private static let rowList: JSONValue = [
    "type": "array",
    "items": ["type": "array", "items": ["type": ["string", "number", "boolean", "null"]]],
  ]

  fileprivate var schema: JSONValue {
    switch self {
    case .text: Self.text
    case .choice(let names): ["type": "string", "enum": .array(names.map { .string($0) })]
    case .integer(let range):
      ["type": "integer", "minimum": .integer(range.lowerBound), "maximum": .integer(range.upperBound)]
    case .number(let range):
      ["type": "number", "minimum": .number(range.lowerBound), "maximum": .number(range.upperBound)]
    case .numbers(let count, let range):
      ["type": "array", "maxItems": .integer(Int64(count)), "items": Self.number(range).schema]
    case .flag: ["type": "boolean"]
    case .texts(let count, _): ["type": "array", "items": Self.text, "maxItems": .integer(Int64(count))]
    case .textOrTexts(let count, _):
      ["anyOf": [Self.text, ["type": "array", "items": Self.text, "minItems": 1, "maxItems": .integer(Int64(count))]]]
    case .object: ["type": "object"]
    case .objects(let count, let members): ["type": "array", "maxItems": .integer(Int64(count)), "items": members.schema]
    case .rows: Self.rowList
    case .table:
      [
        "type": "object",
        "properties": ["columns": ["type": "array", "items": Self.text], "rows": Self.rowList],
        "required": ["columns", "rows"],
      ]
    }
  }

  /// What is wrong with `value`, as the end of a sentence that begins with the argument's name; nil when nothing is.
  func fault(in value: JSONValue) -> String? {
    switch self {
    case .text(let maxBytes):
      guard let text = value.string else { return "must be a text" }
      return text.utf8.count > maxBytes ? "must have at most \(maxBytes) bytes" : nil
    case .choice(let names):
      guard let text = value.string, names.contains(text) else {
        return "must be one of \(names.joined(separator: ", "))"
      }
      return nil
    case .integer(let range):
      guard let number = value.integer, range.contains(number) else {
        return "must be an integer from \(range.lowerBound) to \(range.upperBound)"
      }
      return nil
    case .number(let range):
      guard let number = value.number, range.contains(number) else {
        return "must be a number from \(range.lowerBound) to \(range.upperBound)"
      }
      return nil
    case .numbers(let maxCount, let range):
      guard let elements = value.array, elements.count <= maxCount else { return "must be a list of at most \(maxCount) numbers" }
      return elements.compactMap { Self.number(range).fault(in: $0) }.first
    case .flag: return value.bool == nil ? "must be true or false" : nil
    case .texts(let maxCount, let maxBytes):
      guard let elements = value.array, elements.count <= maxCount else {
        return "must be a list of at most \(maxCount) texts"
      }
      let isGood = elements.allSatisfy { ($0.string?.utf8.count).map { $0 <= maxBytes } ?? false }
      return isGood ? nil : "must be a list of texts, each of at most \(maxBytes) bytes"
    case .textOrTexts(let maxCount, let maxBytes):
      if value.string != nil { return Self.text(maxBytes: maxBytes).fault(in: value) }
      guard let elements = value.array, !elements.isEmpty else { return "must be a text or a list of texts" }
      return Self.texts(maxCount: maxCount, maxBytes: maxBytes).fault(in: value)
    case .object(let maxBytes):
      guard value.object != nil else { return "must be an object" }
      return value.text().utf8.count > maxBytes ? "must have at most \(maxBytes) bytes" : nil
    case .objects(let maxCount, let members):
      guard let elements = value.array, elements.count <= maxCount else {
        return "must be a list of at most \(maxCount) objects"
      }
      for (index, element) in elements.enumerated() {
        do throws(WireError) { _ = try ToolArguments(element, members) } catch {
          return "has a fault in entry \(index + 1): \(error.message)"
        }
      }
      return nil
    case .rows(let maxCount):
      guard let rows = value.array else { return "must be a list of rows" }
      guard rows.count <= maxCount else { return "must have at most \(maxCount) rows" }
      let isGood = rows.allSatisfy { $0.array?.allSatisfy { $0.array == nil && $0.object == nil } ?? false }
      return isGood ? nil : "must be a list of rows, each a list of texts, numbers, booleans or nulls"
    case .table(let maxRows):
      guard let columns = value["columns"], let rows = value["rows"] else {
        return "must be an object with 'columns' and 'rows'"
      }
      if let fault = Self.texts(maxCount: 256, maxBytes: 1_024).fault(in: columns) { return "has columns that \(fault)" }
      if let fault = Self.rows(maxCount: maxRows).fault(in: rows) { return "has rows that \(fault)" }
      let width = columns.array?.count
      let isGood = rows.array?.allSatisfy { $0.array?.count == width } ?? false
      return isGood ? nil : "must have as many values in each row as there are columns"
    }
  }
}
