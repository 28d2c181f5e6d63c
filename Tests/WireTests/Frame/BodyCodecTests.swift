import NIOCore
import Testing

@testable import Wire

@Suite struct BodyCodecTests {
  private let codec = BodyCodec()

  @Test func theDictionaryIsTheOneOfTheProtocol() {
    // Changing a byte of it breaks every peer in the world: a better dictionary needs another codec number.
    #expect(PresetDictionary.bytes.count == 3_478)
    #expect(PresetDictionary.crc32 == 3_039_927_397)
  }

  @Test func smallBodiesAreStoredAndTheDictionaryIsUsedBelow32KiB() {
    #expect(BodyCodec.encoding(forSize: 511) == .stored)
    #expect(BodyCodec.encoding(forSize: 512) == .zlibWithDictionary)
    #expect(BodyCodec.encoding(forSize: 32 * 1024) == .zlibWithDictionary)
    #expect(BodyCodec.encoding(forSize: 32 * 1024 + 1) == .zlib)
  }

  @Test func whatDoesNotShrinkByATenthIsStored() {
    var generator = SystemRandomNumberGenerator()
    let noise = ByteBuffer(bytes: (0..<4_000).map { _ in UInt8.random(in: 0...255, using: &generator) })
    var out = noise
    #expect(codec.deflateBody(of: &out, from: 0) == .stored)
    #expect(out == noise)
  }

  @Test func theDictionaryHelpsASmallMessageOfTheProtocol() {
    let text = """
      {"sql":"SELECT carrier, AVG(dep_delay) AS delay FROM flights GROUP BY carrier ORDER BY delay DESC LIMIT 10","columns":["carrier","delay"],
      "rows":[["F9",20.2],["EV",19.9],["YV",18.9]],"row_count":16,"truncated":false}
      """
    let body = ByteBuffer(string: text + String(repeating: " ", count: max(0, 600 - text.utf8.count)))
    var out = body
    #expect(codec.deflateBody(of: &out, from: 0) == .zlibWithDictionary)
    #expect(out.readableBytes < body.readableBytes / 2)
  }

  @Test func aBombIsRefusedBeforeAnyMemoryIsTaken() throws {
    // 16 MiB announced from 100 bytes: more than zlib can do.
    var bytes = ByteBuffer(repeating: 0, count: 24)
    FrameHeader(
      bodyLength: 100, type: FrameType.item.rawValue, encoding: 1, flags: [], streamID: 1, rawLength: 16 * 1024 * 1024, bodyCRC: 0
    ).set(in: &bytes, at: 0)
    var decoder = FrameDecoder()
    decoder.limits = .init(maxFrameBytes: 16 * 1024 * 1024, maxMessageBytes: 16 * 1024 * 1024, compression: true)
    decoder.append(bytes)
    let error = #expect(throws: WireError.self) { try decoder.next(codec) }
    #expect(error?.errorCode == .badFrame)
  }

  @Test(arguments: [BodyEncoding.zlib, .zlibWithDictionary])
  func aBodyThatIsNotExactlyWhatItSaidIsRefused(_ encoding: BodyEncoding) throws {
    let raw = ByteBuffer(repeating: 5, count: encoding == .zlib ? 40_000 : 4_000)
    var out = raw
    #expect(codec.deflateBody(of: &out, from: 0) == encoding)
    let length = raw.readableBytes
    #expect(try codec.inflate(out, encoding, rawLength: length) == raw)
    // One byte less or more than it inflates to, cut off, with something behind it, and with the other codec.
    for (body, encoding, length) in [
      (out, encoding, length - 1), (out, encoding, length + 1),
      (out.getSlice(at: 0, length: out.readableBytes - 1) ?? out, encoding, length),
      (ByteBuffer(bytes: Array(out.readableBytesView) + [0]), encoding, length),
      (ByteBuffer(repeating: 1, count: 50), encoding, length), (ByteBuffer(), encoding, length), (out, encoding, 0),
    ] {
      let error = #expect(throws: WireError.self) { try codec.inflate(body, encoding, rawLength: length) }
      #expect(error?.errorCode == .badFrame)
    }
    if encoding == .zlibWithDictionary {
      #expect(throws: WireError.self) { try codec.inflate(out, .zlib, rawLength: length) }
    }
    // The stream is as good as new after every failure.
    #expect(try codec.inflate(out, encoding, rawLength: length) == raw)
  }

  @Test func anAttachmentThatIsEncodedIsLeftAlone() throws {
    var encoder = FrameEncoder()
    encoder.maxFrameBytes = 1_000_000
    encoder.maxMessageBytes = 1_000_000
    encoder.compresses = true
    for (isEncoded, expected) in [(true, BodyEncoding.stored), (false, .zlibWithDictionary)] {
      var out = ByteBuffer()
      let body = OutboundFrame.Body.message(
        ByteBuffer(), attachment: ByteBuffer(repeating: 0, count: 5_000), attachmentIsEncoded: isEncoded)
      try encoder.encode(OutboundFrame(type: .item, streamID: 1, body: body), codec, into: &out)
      #expect(out.getInteger(at: 5, as: UInt8.self) == expected.rawValue)
    }
  }
  @Test("a reply that was compressed before goes out as it would have otherwise, and counts as much")
  func packedReplies() throws {
    var encoder = FrameEncoder()
    encoder.maxFrameBytes = 200_000
    encoder.maxMessageBytes = 200_000
    encoder.compresses = true
    let noise = (0..<100_000).map { _ in UInt8.random(in: 0...255) }
    let small = ByteBuffer(repeating: 0x61, count: PackedBody.fromBytes - 1)
    let messages = [
      small, ByteBuffer(repeating: 0x61, count: PackedBody.fromBytes), ByteBuffer(bytes: noise),
      ByteBuffer(repeating: 0x62, count: 190_000), ByteBuffer(repeating: 0x62, count: 200_000),
    ]
    for message in messages {
      for kind in [Outbound.Kind.response(replayed: true), .item, .error] {
        let plain = Outbound(streamID: 1, kind: kind, message: message)
        var packed = plain
        packed.pack()
        let isPacked = if case .error = kind { false } else { message != small }
        #expect((packed.packed != nil) == isPacked)
        #expect(packed.creditBytes == plain.creditBytes)
        #expect(packed.heldBytes <= plain.heldBytes + MessageBody.prefixBytes)
        let expected = Result { try bytes(of: plain, encoder) }
        let got = Result { try bytes(of: packed, encoder) }
        #expect("\(got)" == "\(expected)" && (try? got.get()) == (try? expected.get()))
      }
    }
  }

  private func bytes(of outbound: Outbound, _ encoder: FrameEncoder) throws -> ByteBuffer {
    var out = ByteBuffer(string: "before")
    try encoder.encode(outbound.frame, codec, into: &out)
    return out
  }
}
