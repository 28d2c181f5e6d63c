/// Renders `docs/kai.proto` from the messages' own field lists, so that the file cannot drift from the code.
///
/// What is said beside them comes from whoever renders: it is the source files' own documentation, which a program does not have.
public struct ProtoRenderer: MessageTypeVisitor {
  /// Gives the text beside a type, named as in Swift, or beside a part of it: a field by its name on the wire, a case by its name in Swift.
  public typealias Comment = (_ type: String, _ part: String?) -> String?

  private let comment: Comment
  private var rendered: Set<String> = []
  private var enums: [String] = []
  private var messages: [String] = []

  private init(_ comment: @escaping Comment) { self.comment = comment }

  /// The whole file: every control message, every message that a method takes or gives, and what files hold.
  public static func render(comment: @escaping Comment = { _, _ in nil }) -> String {
    var renderer = ProtoRenderer(comment)
    Messages.visitAll(&renderer)
    // No message has a field of it: it stands in the head of each record of a session's file.
    renderer.add(SessionRecordKind.self)
    let methods = Method.allCases.filter { $0 != .unspecified }.map(renderer.line)
    return ([header + methods.joined() + "\n"] + renderer.enums + renderer.messages).joined(separator: "\n")
  }

  private static let header = """
    // The messages of the Wire protocol, version 1. Rendered from the code by script/render; a test compares the two.
    // How they travel, and what a node has to do, is in PROTOCOL.md. Strings are UTF-8; what is not said to be needed may be left out.
    syntax = "proto3";
    package kai.v1;

    // Methods: number, name(request) -> response, and the roles that may call it.

    """

  private func line(_ method: Method) -> String {
    let rule = method.rule
    let answer = rule.shape == .serverStream ? "stream \(rule.item)" : rule.response
    let question = rule.shape == .upload ? "\(rule.request), then chunks" : rule.request
    let roles = rule.roles.sorted { $0.rawValue < $1.rawValue }.map(\.label).joined(separator: ", ")
    return "//   \(rule.method.rawValue)  \(rule.method.name)(\(question)) -> \(answer)"
      + "\(rule.mutates ? "  [idempotency key]" : "")  {\(roles)}\n"
      + comment("Method", "\(method)").lines(after: "//        ")
  }

  public mutating func visit<M: WireMessage>(_ type: M.Type) {
    guard rendered.insert(M.messageName).inserted else { return }
    var lister = FieldLister()
    var message = M()
    message.fields(&lister)
    for nested in lister.nested { nested(&self) }
    let name = "\(M.self)"
    let body = lister.fields.map { comment(name, $0.name).lines(after: "  // ") + "  \($0.line)\n" }
    messages.append(comment(name, nil).lines(after: "// ") + "message \(M.messageName) {\n\(body.joined())}\n")
  }

  mutating func add<E: WireEnum>(_ type: E.Type) {
    guard rendered.insert(E.enumName).inserted else { return }
    let prefix = snakeCase(E.enumName).uppercased()
    let name = "\(E.self)"
    let body = E.allCases.map {
      comment(name, "\($0)").lines(after: "  // ") + "  \(prefix)_\($0.label.uppercased()) = \($0.rawValue);\n"
    }
    enums.append(comment(name, nil).lines(after: "// ") + "enum \(E.enumName) {\n\(body.joined())}\n")
  }
}

extension String? {
  private static var width: Int { 120 }

  /// The text in lines that begin so; nothing for no text.
  fileprivate func lines(after begin: String) -> String {
    guard let self else { return "" }
    var lines: [String] = []
    for word in self.split(whereSeparator: \.isWhitespace) {
      if let last = lines.last, last.count + 1 + word.count <= Self.width {
        lines[lines.count - 1] += " " + word
      } else {
        lines.append(begin + word)
      }
    }
    return lines.map { $0 + "\n" }.joined()
  }
}

/// Writes down each field of a message as proto3 text.
private struct FieldLister: FieldVisitor {
  var fields: [(name: String, line: String)] = []
  var nested: [(inout ProtoRenderer) -> Void] = []

  private mutating func add(_ number: Int, _ name: StaticString, _ type: String, _ note: String = "") {
    fields.append(("\(name)", "\(type) \(name) = \(number);" + (note.isEmpty ? "" : "  // \(note)")))
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
