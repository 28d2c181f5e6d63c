public import JSON

/// Prints a message as JSON: snake_case keys in field order, RFC 3339 times, labels for enums, `null` for what is absent.
/// Secrets are masked unless asked for, so that what is printed may be logged.
struct JSONPrinter: FieldVisitor {
  private(set) var members: [JSONValue.Member] = []
  let showsSecrets: Bool

  init(showsSecrets: Bool) { self.showsSecrets = showsSecrets }

  private mutating func add(_ name: StaticString, _ value: JSONValue) {
    members.append(JSONValue.Member("\(name)", value))
  }

  /// JSON numbers are exact only up to 2^53 in many readers, but ours are counts and sizes: written as integers while
  /// they fit in 64 bits with a sign.
  private func number(_ value: UInt64) -> JSONValue {
    Int64(exactly: value).map { .integer($0) } ?? .string("\(value)")
  }

  mutating func field(_ number: Int, _ name: StaticString, _ value: inout String, max: Int) {
    add(name, .string(value))
  }
  mutating func field(_ number: Int, _ name: StaticString, _ value: inout String?, max: Int) {
    add(name, value.map { .string($0) } ?? .null)
  }
  mutating func field(_ number: Int, _ name: StaticString, _ value: inout [UInt8], max: Int) {
    add(name, .string(hex(value)))
  }
  mutating func field(_ number: Int, _ name: StaticString, _ value: inout Bool) {
    add(name, .bool(value))
  }
  mutating func field(_ number: Int, _ name: StaticString, _ value: inout Bool?) {
    add(name, value.map { .bool($0) } ?? .null)
  }
  mutating func field(_ number: Int, _ name: StaticString, _ value: inout UInt32) {
    add(name, .integer(Int64(value)))
  }
  mutating func field(_ number: Int, _ name: StaticString, _ value: inout UInt32?) {
    add(name, value.map { .integer(Int64($0)) } ?? .null)
  }
  mutating func field(_ number: Int, _ name: StaticString, _ value: inout UInt64) {
    add(name, self.number(value))
  }
  mutating func field(_ number: Int, _ name: StaticString, _ value: inout UInt64?) {
    add(name, value.map(self.number) ?? .null)
  }
  mutating func field(_ number: Int, _ name: StaticString, _ value: inout Int64) {
    add(name, .integer(value))
  }
  mutating func field(_ number: Int, _ name: StaticString, _ value: inout Int64?) {
    add(name, value.map { .integer($0) } ?? .null)
  }
  mutating func field(_ number: Int, _ name: StaticString, _ value: inout Double) {
    add(name, .number(value))
  }
  mutating func field(_ number: Int, _ name: StaticString, _ value: inout Double?) {
    add(name, value.map { .number($0) } ?? .null)
  }
  mutating func field(_ number: Int, _ name: StaticString, _ value: inout Timestamp) {
    add(name, value.microseconds == 0 ? .null : .string(value.rfc3339))
  }
  mutating func field<E: WireEnum>(_ number: Int, _ name: StaticString, _ value: inout E) {
    add(name, value == .unspecified ? .null : .string(value.label))
  }
  mutating func field<M: WireMessage>(_ number: Int, _ name: StaticString, _ value: inout M?) {
    add(name, value?.json(showingSecrets: showsSecrets) ?? .null)
  }
  mutating func field<M: WireMessage>(_ number: Int, _ name: StaticString, _ value: inout [M], max: Int) {
    add(name, .array(value.map { $0.json(showingSecrets: showsSecrets) }))
  }
  mutating func field(_ number: Int, _ name: StaticString, _ value: inout [String], max: Int, maxEach: Int) {
    add(name, .array(value.map { .string($0) }))
  }
  mutating func field(_ number: Int, _ name: StaticString, _ value: inout [UInt64], max: Int) {
    add(name, .array(value.map(self.number)))
  }
  mutating func json(_ number: Int, _ name: StaticString, _ value: inout String, max: Int) {
    add(name, value.isEmpty ? .null : (try? JSONValue(parsing: value)) ?? .string(value))
  }
  mutating func secret(_ number: Int, _ name: StaticString, _ value: inout String, max: Int) {
    add(name, value.isEmpty ? .null : .string(showsSecrets ? value : "***"))
  }
}

extension WireMessage {
  /// The message as JSON for people and scripts.
  /// - Parameter showingSecrets: only where showing them is the purpose, as when a key is made.
  public func json(showingSecrets: Bool = false) -> JSONValue {
    var printer = JSONPrinter(showsSecrets: showingSecrets)
    var copy = self
    copy.fields(&printer)
    return .object(printer.members)
  }
}

private func hex(_ bytes: [UInt8]) -> String {
  bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}
