/// A frame put together byte by byte from docs/PROTOCOL.md, with nothing of the library. Each field of the header can lie.
struct HandFrame {
  enum Kind {
    static let hello: UInt8 = 0x01
    static let challenge: UInt8 = 0x02
    static let auth: UInt8 = 0x03
    static let ready: UInt8 = 0x04
    static let ping: UInt8 = 0x06
    static let pong: UInt8 = 0x07
    static let request: UInt8 = 0x10
    static let response: UInt8 = 0x11
    static let item: UInt8 = 0x12
    static let upload: UInt8 = 0x13
    static let credit: UInt8 = 0x14
    static let cancel: UInt8 = 0x15
    static let error: UInt8 = 0x16
  }

  var type: UInt8
  var codec: UInt8 = 0
  var flags: UInt16 = 0
  var streamID: UInt32 = 0
  var body: [UInt8] = []
  // What the header says, where that is not the truth.
  var bodyLength: UInt32?
  var rawLength: UInt32?
  var bodyCRC: UInt32?
  /// What is added to the header's own checksum.
  var headerCRCError: UInt32 = 0

  static let headerBytes = 24

  var bytes: [UInt8] {
    var header = Hand.big(bodyLength ?? UInt32(body.count))
    header += [type, codec]
    header += Hand.big(flags)
    header += Hand.big(streamID)
    header += Hand.big(rawLength ?? UInt32(body.count))
    header += Hand.big(bodyCRC ?? Hand.crc32(body))
    header += Hand.big(Hand.crc32(header) &+ headerCRCError)
    return header + body
  }

  /// The body of REQUEST, RESPONSE, ITEM and UPLOAD.
  static func parts(head: [UInt8], message: [UInt8], attachment: [UInt8] = []) -> [UInt8] {
    Hand.big(UInt16(head.count)) + [0, 0] + Hand.big(UInt32(message.count)) + head + message + attachment
  }

  /// A REQUEST of method `method`.
  /// - Parameter items: how many ITEMs may come, and 64 KiB for each, before the first CREDIT.
  static func request(
    _ streamID: UInt32, method: UInt64, message: [UInt8] = [], key: [UInt8] = [], items: UInt64 = 0
  ) -> HandFrame {
    var head = HandProto()
    head.add(1, number: method)
    if !key.isEmpty { head.add(6, bytes: key) }
    if items > 0 {
      head.add(7, number: items << 16)
      head.add(8, number: items)
    }
    return HandFrame(type: Kind.request, streamID: streamID, body: parts(head: head.bytes, message: message))
  }

  static func ping(_ number: UInt8) -> HandFrame {
    HandFrame(type: Kind.ping, body: [0, 0, 0, 0, 0, 0, 0, number])
  }
}

/// The arithmetic that docs/PROTOCOL.md asks for.
enum Hand {
  static func big(_ number: some FixedWidthInteger) -> [UInt8] { withUnsafeBytes(of: number.bigEndian) { [UInt8]($0) } }

  static func number(_ bytes: some Collection<UInt8>) -> UInt32 { bytes.reduce(0) { $0 << 8 | UInt32($1) } }

  /// Reflected, polynomial 0xEDB88320.
  static func crc32(_ bytes: some Sequence<UInt8>) -> UInt32 {
    var crc: UInt32 = 0xffff_ffff
    for byte in bytes {
      crc ^= UInt32(byte)
      for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xedb8_8320 : crc >> 1 }
    }
    return ~crc
  }

  /// A zlib stream (RFC 1950) of one stored block, for at most 65 535 bytes.
  static func zlib(_ bytes: [UInt8]) -> [UInt8] {
    var (a, b) = (UInt32(1), UInt32(0))
    for byte in bytes {
      a = (a + UInt32(byte)) % 65_521
      b = (b + a) % 65_521
    }
    let length = UInt16(bytes.count)
    let block: [UInt8] = [UInt8(length & 0xff), UInt8(length >> 8), UInt8(~length & 0xff), UInt8(~length >> 8)]
    return [0x78, 0x01, 0x01] + block + bytes + big(b << 16 | a)
  }
}
