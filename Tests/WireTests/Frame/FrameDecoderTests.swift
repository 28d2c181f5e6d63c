import NIOCore
import Testing

@testable import Wire

@Suite struct FrameDecoderTests {
  private let codec = BodyCodec()
  private static let open = FrameDecoder.Limits(maxFrameBytes: 100_000, maxMessageBytes: 200_000, compression: true)

  @Test func framesComeOutHoweverTheyAreCut() throws {
    let frames = [OutboundFrame.ping(7), .cancel(streamID: 5), .credit(streamID: 9, bytes: 1, items: 2)]
    let bytes = try encode(frames)
    for size in 1...bytes.readableBytes {
      var decoder = FrameDecoder()
      var rest = bytes
      var types: [FrameType] = []
      while let piece = rest.readSlice(length: min(size, rest.readableBytes)), piece.readableBytes > 0 {
        decoder.append(piece)
        while case .frame(let frame)? = try decoder.next(codec) { types.append(frame.type) }
      }
      #expect(types == [.ping, .cancel, .credit])
    }
  }

  @Test func aLargeFrameArrivesInSmallReads() throws {
    let body = ByteBuffer(repeating: 3, count: 90_000)
    var bytes = try encode([OutboundFrame(type: .error, streamID: 1, body: .plain(body)), .ping(1)])
    var decoder = FrameDecoder()
    decoder.limits = Self.open
    var frames: [Frame] = []
    while let piece = bytes.readSlice(length: min(1_000, bytes.readableBytes)), piece.readableBytes > 0 {
      decoder.append(piece)
      while case .frame(let frame)? = try decoder.next(codec) { frames.append(frame) }
    }
    #expect(frames.map(\.type) == [.error, .ping])
    #expect(frames.first?.body == body)
  }

  /// Each lie in a header whose checksum is right, and the error that it gets.
  @Test(arguments: [
    (HeaderLie.bodyLength(100_001), ErrorCode.frameTooLarge), (.bodyLength(.max), .frameTooLarge), (.bodyLength(7), .badFrame),
    (.type(0x00), .badFrame), (.type(0x08), .badFrame), (.type(0x17), .badFrame), (.type(0x7f), .badFrame),
    (.encoding(1), .badFrame), (.encoding(2), .badFrame), (.encoding(3), .badFrame), (.encoding(255), .badFrame),
    (.flags(0x0001), .badFrame), (.flags(0x0002), .badFrame), (.flags(0x0004), .badFrame), (.flags(0x0080), .badFrame),
    (.rawLength(9), .badFrame), (.rawLength(0), .badFrame), (.rawLength(200_001), .frameTooLarge),
    (.rawLength(.max), .frameTooLarge),
    (.bodyCRC(1), .badChecksum), (.headerCRC, .badChecksum),
  ])
  func aLieInAHeaderGetsATypedErrorAndNothingAfterIt(_ lie: HeaderLie, _ code: ErrorCode) throws {
    var bytes = try encode([.ping(1), .ping(2)])
    lie.tell(in: &bytes)
    var decoder = FrameDecoder()
    decoder.limits = Self.open
    decoder.append(bytes)
    let first = #expect(throws: WireError.self) { try decoder.next(codec) }
    #expect(first?.errorCode == code)
    decoder.append(try encode([.ping(3)]))
    let second = #expect(throws: WireError.self) { try decoder.next(codec) }
    #expect(second == first)
  }

  @Test func flagsThatMayBeIgnoredAreIgnored() throws {
    var bytes = try encode([.ping(1)])
    HeaderLie.flags(0xff00).tell(in: &bytes)
    var decoder = FrameDecoder()
    decoder.append(bytes)
    guard case .frame(let frame)? = try decoder.next(codec) else { throw WireError(.badFrame, "no frame") }
    #expect(frame.type == .ping)
  }

  @Test(arguments: [1, 10, 24, 40, 1_000]) func unknownFramesThatMayBeSkippedAreSkipped(_ pieceSize: Int) throws {
    var bytes = try encode([
      OutboundFrame(type: .error, streamID: 4, body: .plain(ByteBuffer(repeating: 1, count: 100))), .ping(1),
    ])
    HeaderLie.type(0x80).tell(in: &bytes)
    var decoder = FrameDecoder()
    var seen: [String] = []
    while let piece = bytes.readSlice(length: min(pieceSize, bytes.readableBytes)), piece.readableBytes > 0 {
      decoder.append(piece)
      while let output = try decoder.next(codec) {
        switch output {
        case .frame(let frame): seen.append("\(frame.type)")
        case .ignored(let header): seen.append("ignored \(header.type)")
        case .refused: seen.append("refused")
        }
      }
    }
    #expect(seen == ["ignored 128", "ping"])
  }

  @Test func beforeReadyNothingIsCompressedAndNothingIsLarge() throws {
    var decoder = FrameDecoder()
    decoder.append(try encode([message(of: 2_000)], compresses: true))
    #expect(throws: WireError.self) { try decoder.next(codec) }
    var second = FrameDecoder()
    second.append(try encode([OutboundFrame(type: .hello, streamID: 0, body: .plain(ByteBuffer(repeating: 1, count: 4_097)))]))
    let error = #expect(throws: WireError.self) { try second.next(codec) }
    #expect(error?.errorCode == .frameTooLarge)
  }

  @Test func aRequestBeyondTheBudgetIsSkippedUnread() throws {
    let request = OutboundFrame(
      type: .request, streamID: 1,
      body: .request(
        RequestHead(), message: ByteBuffer(repeating: 1, count: 5_000), attachment: ByteBuffer(), attachmentIsEncoded: true))
    var decoder = FrameDecoder()
    decoder.limits = Self.open
    decoder.memoryBudget = 5_000
    decoder.append(try encode([request, .ping(1)]))
    guard case .refused(let header)? = try decoder.next(codec) else { throw WireError(.badFrame, "not refused") }
    #expect(header.streamID == 1)
    guard case .frame(let frame)? = try decoder.next(codec) else { throw WireError(.badFrame, "no frame") }
    #expect(frame.type == .ping)
  }

  @Test(arguments: [512, 1_024, 5_000, 40_000, 99_000]) func whatIsCompressedComesBackWhole(_ size: Int) throws {
    let bytes = try encode([message(of: size)], compresses: true)
    #expect(bytes.readableBytes < size / 2)
    var decoder = FrameDecoder()
    decoder.limits = Self.open
    decoder.append(bytes)
    guard case .frame(let frame)? = try decoder.next(codec) else { throw WireError(.badFrame, "no frame") }
    #expect(try MessageBody(parsing: frame).message == ByteBuffer(repeating: 0x61, count: size))
  }

  private func message(of size: Int) -> OutboundFrame {
    OutboundFrame(
      type: .response, streamID: 1,
      body: .message(ByteBuffer(repeating: 0x61, count: size), attachment: ByteBuffer(), attachmentIsEncoded: true))
  }

  private func encode(_ frames: [OutboundFrame], compresses: Bool = false) throws -> ByteBuffer {
    var encoder = FrameEncoder()
    encoder.maxFrameBytes = 1_000_000
    encoder.maxMessageBytes = 1_000_000
    encoder.compresses = compresses
    var out = ByteBuffer()
    for frame in frames { try encoder.encode(frame, codec, into: &out) }
    return out
  }
}

/// A false field in the first header of a buffer, with the header's checksum made right again.
enum HeaderLie: Sendable, CustomTestStringConvertible {
  case bodyLength(UInt32)
  case type(UInt8)
  case encoding(UInt8)
  case flags(UInt16)
  case streamID(UInt32)
  case rawLength(UInt32)
  case bodyCRC(UInt32)
  /// The checksum itself.
  case headerCRC

  func tell(in bytes: inout ByteBuffer) {
    let start = bytes.readerIndex
    var header = FrameHeader(
      bodyLength: bytes.getInteger(at: start) ?? 0, type: bytes.getInteger(at: start + 4) ?? 0,
      encoding: bytes.getInteger(at: start + 5) ?? 0, flags: FrameFlags(rawValue: bytes.getInteger(at: start + 6) ?? 0),
      streamID: bytes.getInteger(at: start + 8) ?? 0, rawLength: bytes.getInteger(at: start + 12) ?? 0,
      bodyCRC: bytes.getInteger(at: start + 16) ?? 0)
    switch self {
    case .bodyLength(let value): header.bodyLength = value
    case .type(let value): header.type = value
    case .encoding(let value): header.encoding = value
    case .flags(let value): header.flags = FrameFlags(rawValue: value)
    case .streamID(let value): header.streamID = value
    case .rawLength(let value): header.rawLength = value
    case .bodyCRC(let value): header.bodyCRC = value
    case .headerCRC: break
    }
    header.set(in: &bytes, at: start)
    if case .headerCRC = self {
      bytes.setInteger((bytes.getInteger(at: start + 20, as: UInt32.self) ?? 0) ^ 1, at: start + 20)
    }
  }

  var testDescription: String { "\(self)" }
}
