public import JSON

/// Reads what ``JSONPrinter`` prints. Unknown members are skipped, as unknown fields are; absent ones keep their defaults.
struct JSONReader: FieldVisitor {
  private let members: [String: JSONValue]
  private let path: String
  private(set) var error: WireError?

  init(_ value: JSONValue, path: String) {
    self.path = path
    members = Dictionary((value.object ?? []).map { ($0.key, $0.value) }) { _, last in last }
    if value.object == nil { error = WireError(.invalidJson, "\(path.isEmpty ? "the value" : path) must be a JSON object") }
  }

  private mutating func refuse(_ name: StaticString, _ wanted: String) {
    if error == nil { error = WireError(.invalidJson, "\(path)\(name) must be \(wanted)") }
  }

  /// The member, read by `convert`; nil when it is absent, null or wrong.
  private mutating func read<T>(_ name: StaticString, _ wanted: String, _ convert: (JSONValue) -> T?) -> T? {
    guard let member = members["\(name)"], !member.isNull else { return nil }
    guard let value = convert(member) else {
      refuse(name, wanted)
      return nil
    }
    return value
  }

  private mutating func text(_ name: StaticString, max: Int) -> String? {
    read(name, "a string of at most \(max) bytes") { $0.string.flatMap { $0.utf8.count <= max ? $0 : nil } }
  }

  private mutating func integer<I: FixedWidthInteger>(_ name: StaticString) -> I? {
    read(name, "a whole number in \(I.min)...\(I.max)") { value in
      value.integer.flatMap { I(exactly: $0) } ?? value.string.flatMap { I($0) }
    }
  }

  private mutating func list<T>(_ name: StaticString, max: Int, _ convert: (JSONValue) -> T?) -> [T]? {
    read(name, "a list of at most \(max)") { value in
      guard let array = value.array, array.count <= max else { return nil }
      let converted = array.compactMap(convert)
      return converted.count == array.count ? converted : nil
    }
  }

  mutating func field(_ number: Int, _ name: StaticString, _ value: inout String, max: Int) {
    value = text(name, max: max) ?? value
  }
  mutating func field(_ number: Int, _ name: StaticString, _ value: inout String?, max: Int) {
    value = text(name, max: max) ?? value
  }
  mutating func field(_ number: Int, _ name: StaticString, _ value: inout [UInt8], max: Int) {
    value = read(name, "at most \(max) bytes as hex digits") { $0.string.flatMap { bytes(ofHex: $0, max: max) } } ?? value
  }
  mutating func field(_ number: Int, _ name: StaticString, _ value: inout Bool) {
    value = read(name, "true or false") { $0.bool } ?? value
  }
  mutating func field(_ number: Int, _ name: StaticString, _ value: inout Bool?) {
    value = read(name, "true or false") { $0.bool } ?? value
  }
  mutating func field(_ number: Int, _ name: StaticString, _ value: inout UInt32) { value = integer(name) ?? value }
  mutating func field(_ number: Int, _ name: StaticString, _ value: inout UInt32?) { value = integer(name) ?? value }
  mutating func field(_ number: Int, _ name: StaticString, _ value: inout UInt64) { value = integer(name) ?? value }
  mutating func field(_ number: Int, _ name: StaticString, _ value: inout UInt64?) { value = integer(name) ?? value }
  mutating func field(_ number: Int, _ name: StaticString, _ value: inout Int64) { value = integer(name) ?? value }
  mutating func field(_ number: Int, _ name: StaticString, _ value: inout Int64?) { value = integer(name) ?? value }
  mutating func field(_ number: Int, _ name: StaticString, _ value: inout Double) {
    value = read(name, "a number") { $0.number } ?? value
  }
  mutating func field(_ number: Int, _ name: StaticString, _ value: inout Double?) {
    value = read(name, "a number") { $0.number } ?? value
  }
  mutating func field(_ number: Int, _ name: StaticString, _ value: inout Timestamp) {
    value = read(name, "a time such as 2026-11-23T01:02:03Z") { $0.string.flatMap { Timestamp(rfc3339: $0) } } ?? value
  }
  mutating func field<E: WireEnum>(_ number: Int, _ name: StaticString, _ value: inout E) {
    value = read(name, "one of \(E.labels.joined(separator: ", "))") { $0.string.flatMap { E(label: $0) } } ?? value
  }
  mutating func field<M: WireMessage>(_ number: Int, _ name: StaticString, _ value: inout M?) {
    guard let member = members["\(name)"], !member.isNull else { return }
    value = message(member, "\(path)\(name).")
  }
  mutating func field<M: WireMessage>(_ number: Int, _ name: StaticString, _ value: inout [M], max: Int) {
    guard let array = list(name, max: max, { $0 }) else { return }
    value = array.enumerated().map { message($1, "\(path)\(name)[\($0)].") }
  }
  mutating func field(_ number: Int, _ name: StaticString, _ value: inout [String], max: Int, maxEach: Int) {
    value = list(name, max: max) { $0.string.flatMap { $0.utf8.count <= maxEach ? $0 : nil } } ?? value
  }
  mutating func field(_ number: Int, _ name: StaticString, _ value: inout [UInt64], max: Int) {
    value = list(name, max: max) { $0.integer.flatMap { UInt64(exactly: $0) } } ?? value
  }
  mutating func json(_ number: Int, _ name: StaticString, _ value: inout String, max: Int) {
    value =
      read(name, "JSON of at most \(max) bytes") { member in
        let text = member.text()
        return text.utf8.count <= max ? text : nil
      } ?? value
  }
  mutating func secret(_ number: Int, _ name: StaticString, _ value: inout String, max: Int) {
    value = text(name, max: max) ?? value
  }

  private mutating func message<M: WireMessage>(_ value: JSONValue, _ path: String) -> M {
    var reader = JSONReader(value, path: path)
    var message = M()
    message.fields(&reader)
    error = error ?? reader.error
    return message
  }
}

extension WireMessage {
  /// Reads a message from the JSON that ``json(showingSecrets:)`` gives.
  /// - Throws: ``WireError`` with code `invalid_json` that names the member.
  public init(json value: JSONValue) throws(WireError) {
    self.init()
    var reader = JSONReader(value, path: "")
    fields(&reader)
    if let error = reader.error { throw error }
  }
}

private func bytes(ofHex text: String, max: Int) -> [UInt8]? {
  let digits = Array(text.utf8)
  guard digits.count.isMultiple(of: 2), digits.count / 2 <= max else { return nil }
  let bytes = stride(from: 0, to: digits.count, by: 2).compactMap { index in
    UInt8(String(decoding: digits[index...(index + 1)], as: UTF8.self), radix: 16)
  }
  return bytes.count * 2 == digits.count ? bytes : nil
}
