import JSON
import Wire

/// The arguments of one call, checked against the tool's parameters: what is here has the declared kind and range.
struct ToolArguments: Sendable {
  private let values: [String: JSONValue]

  /// Checks everything at once; `null` counts as absent.
  /// - Throws: `tool_arguments`, with a sentence that names the argument.
  init(_ arguments: JSONValue, _ parameters: [ToolParameter]) throws(WireError) {
    guard let members = arguments.object else {
      throw WireError(.toolArguments, "The arguments must be a JSON object.")
    }
    var values: [String: JSONValue] = [:]
    for member in members where !member.value.isNull {
      guard let parameter = parameters.first(where: { $0.name == member.key }) else {
        let names = parameters.map { "'\($0.name)'" }.joined(separator: ", ")
        let known = names.isEmpty ? "this tool takes none" : "this tool takes \(names)"
        throw WireError(.toolArguments, "There is no argument '\(member.key.prefix(64))'; \(known).")
      }
      if let fault = parameter.kind.fault(in: member.value) {
        throw WireError(.toolArguments, "The argument '\(parameter.name)' \(fault).")
      }
      values[member.key] = member.value
    }
    for parameter in parameters where parameter.isRequired && values[parameter.name] == nil {
      throw WireError(.toolArguments, "The argument '\(parameter.name)' is missing.")
    }
    self.values = values
  }

  subscript(name: String) -> JSONValue? { values[name] }

  /// A text, or nil when it was not given.
  func text(_ name: String) -> String? { values[name]?.string }

  /// A text that must be there and say something.
  /// - Throws: `tool_arguments`.
  func requiredText(_ name: String) throws(WireError) -> String {
    guard let text = text(name), text.contains(where: { !$0.isWhitespace }) else {
      throw WireError(.toolArguments, "The argument '\(name)' must not be empty.")
    }
    return text
  }

  func integer(_ name: String, default other: Int) -> Int { values[name]?.integer.flatMap { Int(exactly: $0) } ?? other }

  func flag(_ name: String, default other: Bool) -> Bool { values[name]?.bool ?? other }

  func number(_ name: String) -> Double? { values[name]?.number }

  /// The texts of a list, or the one text, or none.
  func texts(_ name: String) -> [String] {
    if let text = text(name) { return [text] }
    return values[name]?.array?.compactMap(\.string) ?? []
  }
}
