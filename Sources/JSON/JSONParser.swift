extension JSONValue {
  /// Parses a whole text, strictly by RFC 8259: no comments, no trailing commas, no duplicate keys, at most 64 levels deep.
  /// - Parameter keepsIntegers: whether a whole number that does not fit into 64 bits is an error; otherwise it is read as a double,
  ///   which rounds it.
  /// - Throws: ``JSONError`` with the place.
  public init(parsing text: String, keepsIntegers: Bool = false) throws(JSONError) {
    var text = text
    let result = text.withUTF8 { bytes -> Result<JSONValue, JSONError> in
      var parser = JSONParser(bytes, keepsIntegers: keepsIntegers)
      do throws(JSONError) { return .success(try parser.document()) } catch { return .failure(error) }
    }
    self = try result.get()
  }
}

/// A recursive-descent parser over UTF-8 that is known to be valid.
struct JSONParser {
  static let maxDepth = 64

  private let bytes: UnsafeBufferPointer<UInt8>
  private var position = 0
  private var depth = 0

  private let keepsIntegers: Bool

  init(_ bytes: UnsafeBufferPointer<UInt8>, keepsIntegers: Bool) {
    self.bytes = bytes
    self.keepsIntegers = keepsIntegers
  }

  mutating func document() throws(JSONError) -> JSONValue {
    let value = try value()
    skipSpace()
    guard position == bytes.count else { throw error("unexpected text after the value") }
    return value
  }

  private func error(_ message: String) -> JSONError { JSONError(message, offset: position) }

  private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func skipSpace() {
    while let byte = current, byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 { position += 1 }
  }

  private mutating func value() throws(JSONError) -> JSONValue {
    skipSpace()
    guard let byte = current else { throw error("a value is missing") }
    switch byte {
    case UInt8(ascii: "{"): return try nested { (parser) throws(JSONError) in try parser.object() }
    case UInt8(ascii: "["): return try nested { (parser) throws(JSONError) in try parser.array() }
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try literal("true", .bool(true))
    case UInt8(ascii: "f"): return try literal("false", .bool(false))
    case UInt8(ascii: "n"): return try literal("null", .null)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
    default: throw error("unexpected character")
    }
  }

  private mutating func nested(
    _ parse: (inout JSONParser) throws(JSONError) -> JSONValue
  ) throws(JSONError) -> JSONValue {
    depth += 1
    guard depth <= Self.maxDepth else { throw error("nested more than \(Self.maxDepth) levels deep") }
    let value = try parse(&self)
    depth -= 1
    return value
  }

  private mutating func literal(_ text: StaticString, _ value: JSONValue) throws(JSONError) -> JSONValue {
    let count = text.utf8CodeUnitCount
    guard position + count <= bytes.count,
      (0..<count).allSatisfy({ bytes[position + $0] == text.utf8Start[$0] })
    else { throw error("unexpected word") }
    position += count
    return value
  }

  /// A key of an object by its bytes alone: `ί` in its two forms is two keys, though one letter. Swift's own comparison of strings
  /// would take time with the square of a run of combining marks.
  private struct Key: Hashable {
    let text: String

    static func == (a: Key, b: Key) -> Bool { a.text.utf8.elementsEqual(b.text.utf8) }

    func hash(into hasher: inout Hasher) {
      var text = text
      text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
  }

  private mutating func object() throws(JSONError) -> JSONValue {
    position += 1
    var members: [JSONValue.Member] = []
    var keys: Set<Key> = []
    skipSpace()
    if current == UInt8(ascii: "}") {
      position += 1
      return .object([])
    }
    while true {
      skipSpace()
      guard current == UInt8(ascii: "\"") else { throw error("a key in double quotes is missing") }
      let key = try string()
      if !keys.insert(Key(text: key)).inserted { throw error("the key '\(key)' stands twice") }
      skipSpace()
      guard current == UInt8(ascii: ":") else { throw error("':' is missing") }
      position += 1
      members.append(JSONValue.Member(key, try value()))
      skipSpace()
      guard let byte = current else { throw error("'}' is missing") }
      position += 1
      if byte == UInt8(ascii: "}") { return .object(members) }
      guard byte == UInt8(ascii: ",") else {
        position -= 1
        throw error("',' or '}' is missing")
      }
    }
  }

  private mutating func array() throws(JSONError) -> JSONValue {
    position += 1
    var elements: [JSONValue] = []
    skipSpace()
    if current == UInt8(ascii: "]") {
      position += 1
      return .array([])
    }
    while true {
      elements.append(try value())
      skipSpace()
      guard let byte = current else { throw error("']' is missing") }
      position += 1
      if byte == UInt8(ascii: "]") { return .array(elements) }
      guard byte == UInt8(ascii: ",") else {
        position -= 1
        throw error("',' or ']' is missing")
      }
    }
  }

  private mutating func number() throws(JSONError) -> JSONValue {
    let start = position
    var isInteger = true
    if current == UInt8(ascii: "-") { position += 1 }
    if current == UInt8(ascii: "0") { position += 1 } else { try digits() }
    if current == UInt8(ascii: ".") {
      isInteger = false
      position += 1
      try digits()
    }
    if current == UInt8(ascii: "e") || current == UInt8(ascii: "E") {
      isInteger = false
      position += 1
      if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { position += 1 }
      try digits()
    }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    if isInteger, let integer = Int64(text) { return .integer(integer) }
    guard !isInteger || !keepsIntegers else {
      throw error("the whole number \(text.prefix(40)) does not fit into 64 bits; write it as a text")
    }
    guard let number = Double(text), number.isFinite else { throw error("the number \(text) is out of range") }
    return .number(number)
  }

  private mutating func digits() throws(JSONError) {
    let start = position
    while let byte = current, byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") { position += 1 }
    guard position > start else { throw error("a digit is missing") }
  }

  private mutating func string() throws(JSONError) -> String {
    position += 1
    var text = ""
    var plain = position
    while let byte = current {
      switch byte {
      case UInt8(ascii: "\""):
        text += String(decoding: bytes[plain..<position], as: UTF8.self)
        position += 1
        return text
      case UInt8(ascii: "\\"):
        text += String(decoding: bytes[plain..<position], as: UTF8.self)
        position += 1
        text.unicodeScalars.append(try escape())
        plain = position
      case 0..<0x20:
        throw error("a control character inside a string must be escaped")
      default:
        position += 1
      }
    }
    throw error("a string is not closed")
  }

  private mutating func escape() throws(JSONError) -> Unicode.Scalar {
    guard let byte = current else { throw error("an escape is cut off") }
    position += 1
    switch byte {
    case UInt8(ascii: "\""): return "\""
    case UInt8(ascii: "\\"): return "\\"
    case UInt8(ascii: "/"): return "/"
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{c}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"):
      let first = try hex4()
      if let scalar = Unicode.Scalar(first) { return scalar }
      guard first < 0xdc00, current == UInt8(ascii: "\\"), position + 1 < bytes.count,
        bytes[position + 1] == UInt8(ascii: "u")
      else { throw error("half of a surrogate pair") }
      position += 2
      let second = try hex4()
      guard (0xdc00...0xdfff).contains(second) else { throw error("half of a surrogate pair") }
      let value = 0x10000 + ((UInt32(first) - 0xd800) << 10) + (UInt32(second) - 0xdc00)
      guard let scalar = Unicode.Scalar(value) else { throw error("half of a surrogate pair") }
      return scalar
    default:
      position -= 1
      throw error("unknown escape")
    }
  }

  private mutating func hex4() throws(JSONError) -> UInt16 {
    var value: UInt16 = 0
    for _ in 0..<4 {
      guard let byte = current, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        throw error("four hex digits must follow \\u")
      }
      value = value << 4 | UInt16(digit)
      position += 1
    }
    return value
  }
}
