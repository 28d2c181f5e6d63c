/// Renders `docs/kai.proto` from the messages' own field lists, so that the file cannot drift from the code.
public struct ProtoRenderer: MessageTypeVisitor {
  private var rendered: Set<String> = []
  private var enums: [String] = []
  private var messages: [String] = []

  private init() {}

  /// The whole file: every control message, then every message that a method takes or gives.
  public static func render() -> String {
    var renderer = ProtoRenderer()
    Messages.visitAll(&renderer)
    let methods = Method.allCases.filter { $0 != .unspecified }.map(\.rule).map { rule in
      let answer = rule.shape == .serverStream ? "stream \(rule.item)" : rule.response
      let question = rule.shape == .upload ? "\(rule.request), then chunks" : rule.request
      let roles = rule.roles.sorted { $0.rawValue < $1.rawValue }.map(\.label).joined(separator: ", ")
      return "//   \(rule.method.rawValue)  \(rule.method.name)(\(question)) -> \(answer)"
        + "\(rule.mutates ? "  [idempotency key]" : "")  {\(roles)}"
    }
    return ([header + methods.joined(separator: "\n") + "\n"] + renderer.enums + renderer.messages)
      .joined(separator: "\n")
  }

  private static let header = """
    // The messages of the Wire protocol, version 1. Rendered from the code by script/render; a test compares the two.
    // How they travel is in PROTOCOL.md.
    syntax = "proto3";
    package kai.v1;

    // Methods: number, name(request) -> response, and the roles that may call it.

    """

  public mutating func visit<M: WireMessage>(_ type: M.Type) {
    guard rendered.insert(M.messageName).inserted else { return }
    var lister = FieldLister()
    var message = M()
    message.fields(&lister)
    for nested in lister.nested { nested(&self) }
    let body = lister.lines.map { "  \($0)\n" }.joined()
    messages.append("message \(M.messageName) {\n\(body)}\n")
  }

  mutating func add<E: WireEnum>(_ type: E.Type) {
    guard rendered.insert(E.enumName).inserted else { return }
    let prefix = snakeCase(E.enumName).uppercased()
    let lines = E.allCases.map { "  \(prefix)_\($0.label.uppercased()) = \($0.rawValue);\n" }.joined()
    enums.append("enum \(E.enumName) {\n\(lines)}\n")
  }
}

/// Writes down each field of a message as proto3 text.
private struct FieldLister: FieldVisitor {
  var lines: [String] = []
  var nested: [(inout ProtoRenderer) -> Void] = []

  private mutating func add(_ number: Int, _ name: StaticString, _ type: String, _ note: String = "") {
    lines.append("\(type) \(name) = \(number);" + (note.isEmpty ? "" : "  // \(note)"))
  }

  mutating func field(_ number: Int, _ name: StaticString, _ value: inout String, max: Int) {
    add(number, name, "string", "at most \(max) bytes")
  }
  mutating func field(_ number: Int, _ name: StaticString, _ value: inout String?, max: Int) {
    add(number, name, "optional string", "at most \(max) bytes")
  }
  mutating func field(_ number: Int, _ name: StaticString, _ value: inout [UInt8], max: Int) {
    add(number, name, "bytes", "at most \(max) bytes")
  }
  mutating func field(_ number: Int, _ name: StaticString, _ value: inout Bool) { add(number, name, "bool") }
  mutating func field(_ number: Int, _ name: StaticString, _ value: inout Bool?) { add(number, name, "optional bool") }
  mutating func field(_ number: Int, _ name: StaticString, _ value: inout UInt32) { add(number, name, "uint32") }
  mutating func field(_ number: Int, _ name: StaticString, _ value: inout UInt32?) { add(number, name, "optional uint32") }
  mutating func field(_ number: Int, _ name: StaticString, _ value: inout UInt64) { add(number, name, "uint64") }
  mutating func field(_ number: Int, _ name: StaticString, _ value: inout UInt64?) { add(number, name, "optional uint64") }
  mutating func field(_ number: Int, _ name: StaticString, _ value: inout Int64) { add(number, name, "int64") }
  mutating func field(_ number: Int, _ name: StaticString, _ value: inout Int64?) { add(number, name, "optional int64") }
  mutating func field(_ number: Int, _ name: StaticString, _ value: inout Double) { add(number, name, "double") }
  mutating func field(_ number: Int, _ name: StaticString, _ value: inout Double?) { add(number, name, "optional double") }
  mutating func field(_ number: Int, _ name: StaticString, _ value: inout Timestamp) {
    add(number, name, "int64", "microseconds since 1970-01-01T00:00:00Z, 0 = not set")
  }
  mutating func field<E: WireEnum>(_ number: Int, _ name: StaticString, _ value: inout E) {
    add(number, name, E.enumName)
    nested.append { $0.add(E.self) }
  }
  mutating func field<M: WireMessage>(_ number: Int, _ name: StaticString, _ value: inout M?) {
    add(number, name, M.messageName)
    nested.append { $0.visit(M.self) }
  }
  mutating func field<M: WireMessage>(_ number: Int, _ name: StaticString, _ value: inout [M], max: Int) {
    add(number, name, "repeated \(M.messageName)", "at most \(max)")
    nested.append { $0.visit(M.self) }
  }
  mutating func field(_ number: Int, _ name: StaticString, _ value: inout [String], max: Int, maxEach: Int) {
    add(number, name, "repeated string", "at most \(max), of at most \(maxEach) bytes each")
  }
  mutating func field(_ number: Int, _ name: StaticString, _ value: inout [UInt64], max: Int) {
    add(number, name, "repeated uint64", "at most \(max)")
  }
  mutating func json(_ number: Int, _ name: StaticString, _ value: inout String, max: Int) {
    add(number, name, "string", "JSON text, at most \(max) bytes")
  }
  mutating func secret(_ number: Int, _ name: StaticString, _ value: inout String, max: Int) {
    add(number, name, "string", "secret, at most \(max) bytes")
  }
}
