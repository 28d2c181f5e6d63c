public import NIOCore

/// A message of the protocol: a struct whose fields are listed once, in `fields`.
///
/// The one list serves the sizer, the encoder, the decoder, the JSON printer, the redactor, the `.proto` renderer and the
/// fuzzers, so they cannot drift apart. The bytes are proto3's; unknown fields are skipped.
public protocol WireMessage: Sendable, Equatable {
  init()
  /// The name in `docs/kai.proto`.
  static var messageName: String { get }
  /// Visits each field once, in rising field number.
  mutating func fields<V: FieldVisitor>(_ visitor: inout V)

  // Requirements with defaults, so that each conformance gets its own specialised copy.
  func measure(_ sizer: inout Sizer)
  func write(to encoder: inout Encoder)
  mutating func read(from decoder: inout Decoder)
}

extension WireMessage {
  public static var messageName: String { "\(Self.self)" }

  /// Makes a message and fills it in: `Session.with { $0.id = id }`.
  public static func with<E: Error>(_ fill: (inout Self) throws(E) -> Void) throws(E) -> Self {
    var message = Self()
    try fill(&message)
    return message
  }

  public func measure(_ sizer: inout Sizer) {
    var copy = self
    copy.fields(&sizer)
  }

  public func write(to encoder: inout Encoder) {
    var copy = self
    copy.fields(&encoder)
  }

  public mutating func read(from decoder: inout Decoder) {
    fields(&decoder)
  }

  /// The size of the encoded message, in bytes.
  public var encodedSize: Int {
    var sizer = Sizer()
    measure(&sizer)
    return sizer.size
  }

  /// Appends the encoded message to `buffer` and returns how many bytes that took.
  @discardableResult
  public func encode(into buffer: inout ByteBuffer) -> Int {
    let size = encodedSize
    buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: size) { target in
      var encoder = Encoder(UnsafeMutableRawBufferPointer(rebasing: target[..<size]))
      write(to: &encoder)
      return encoder.position
    }
    return size
  }

  /// The encoded message as an array of bytes.
  public func encoded() -> [UInt8] {
    let size = encodedSize
    return [UInt8](unsafeUninitializedCapacity: size) { target, count in
      var encoder = Encoder(UnsafeMutableRawBufferPointer(target))
      write(to: &encoder)
      count = encoder.position
    }
  }

  /// Decodes a whole message.
  /// - Throws: ``WireError`` with code `bad_message` that names the field.
  public init(decoding bytes: UnsafeRawBufferPointer) throws(WireError) {
    self.init()
    if let error = decode(bytes) { throw error }
  }

  /// Decodes a whole message.
  /// - Throws: ``WireError`` with code `bad_message` that names the field.
  public init(decoding bytes: [UInt8]) throws(WireError) {
    self.init()
    if let error = bytes.withUnsafeBytes({ decode($0) }) { throw error }
  }

  /// Decodes a whole message from the readable bytes of `buffer`.
  /// - Throws: ``WireError`` with code `bad_message` that names the field.
  public init(decoding buffer: ByteBuffer) throws(WireError) {
    self.init()
    if let error = buffer.withUnsafeReadableBytes({ decode($0) }) { throw error }
  }

  /// - Returns: what is wrong with the bytes. Not a `Result`, whose metadata would have to be looked up for every message
  ///   that another module decodes.
  private mutating func decode(_ bytes: UnsafeRawBufferPointer) -> WireError? {
    var decoder = Decoder(bytes)
    decoder.message(&self)
    return decoder.error
  }
}

/// A closed set on the wire. Numbers that this version does not know are read as `unspecified`.
public protocol WireEnum: RawRepresentable<UInt32>, CaseIterable, Sendable, Hashable {
  static var unspecified: Self { get }
}

extension WireEnum {
  public static var enumName: String { "\(Self.self)" }

  /// The name in JSON and on the command line: the case's name in snake_case.
  public var label: String { snakeCase("\(self)") }

  /// The value with this label, or nil. `unspecified` cannot be named.
  public init?(label: String) {
    guard let found = Self.allCases.first(where: { $0.label == label }), found != .unspecified else { return nil }
    self = found
  }

  /// Every label a person may write, in order.
  public static var labels: [String] { allCases.filter { $0 != .unspecified }.map(\.label) }
}

/// `fullAutonomy` → `full_autonomy`.
func snakeCase(_ name: String) -> String {
  var out = ""
  for character in name {
    if character.isUppercase, !out.isEmpty { out.append("_") }
    out.append(contentsOf: character.lowercased())
  }
  return out
}

/// A moment: microseconds since 1970-01-01T00:00:00Z.
public struct Timestamp: Sendable, Hashable, Comparable {
  public var microseconds: Int64
  public init(microseconds: Int64 = 0) { self.microseconds = microseconds }
  public static func < (a: Timestamp, b: Timestamp) -> Bool { a.microseconds < b.microseconds }

  public func advanced(milliseconds: Int64) -> Timestamp { Timestamp(microseconds: microseconds + milliseconds * 1_000) }
}
