import NIOCore
import Wire

/// Runs of frames against the decoder. An undamaged run must come out as it went in, however it is cut; of a damaged one every frame
/// that comes out must respect the limits, and the first error must be the last word.
public enum FrameFuzzer {
  public struct Result: Sendable {
    public var frames = 0
    public var errors = 0
  }

  private static let limits = FrameDecoder.Limits(maxFrameBytes: 64 * 1024, maxMessageBytes: 128 * 1024, compression: true)

  /// - Throws: ``FuzzFailure``
  public static func run(events: Int, seed: UInt64) throws -> Result {
    var random = SeededGenerator(seed: seed)
    var result = Result()
    let codec = BodyCodec()
    var event = 0
    while event < events {
      let frames = (0..<random.number(1...8)).map { _ in frame(&random) }
      event += frames.count
      var bytes = ByteBuffer()
      var encoder = FrameEncoder()
      encoder.maxFrameBytes = limits.maxFrameBytes
      encoder.maxMessageBytes = limits.maxMessageBytes
      encoder.compresses = true
      for frame in frames { try encoder.encode(frame, codec, into: &bytes) }
      let isDamaged = random.oneIn(2)
      if isDamaged { damage(&bytes, &random) }
      let (read, error) = decode(&bytes, codec, &random)
      result.frames += read.count
      if error != nil { result.errors += 1 }
      if isDamaged {
        guard read.allSatisfy({ $0.body.readableBytes <= limits.maxMessageBytes }) else {
          throw FuzzFailure("a frame is larger than the limit", seed: seed, event: event)
        }
      } else {
        guard error == nil, read.count == frames.count, zip(read, frames).allSatisfy(isSame) else {
          throw FuzzFailure(
            "\(read.count) of \(frames.count) frames came back; \(error?.message ?? "no error")", seed: seed, event: event)
        }
      }
    }
    return result
  }

  private static func frame(_ random: inout SeededGenerator) -> OutboundFrame {
    let id = UInt32(truncatingIfNeeded: random.next())
    let attachment = random.oneIn(3) ? random.bytes(random.size(upTo: 30_000)) : ByteBuffer()
    let message = random.bytes(random.size(upTo: 30_000))
    switch random.number(0...5) {
    case 0:
      return OutboundFrame(type: .ping, streamID: 0, body: .plain(random.bytes(8)))
    case 1:
      return OutboundFrame(type: .error, streamID: id, body: .plain(message))
    case 2:
      let head = RequestHead.with { $0.method = id }
      return OutboundFrame(
        type: .request, streamID: id,
        body: .request(head, message: message, attachment: attachment, attachmentIsEncoded: random.oneIn(2)))
    case 3:
      return OutboundFrame(
        type: .upload, flags: random.oneIn(2) ? .end : [], streamID: id,
        body: .message(message, attachment: attachment, attachmentIsEncoded: random.oneIn(2)))
    default:
      return OutboundFrame(
        type: random.oneIn(2) ? .item : .response, streamID: id,
        body: .message(message, attachment: attachment, attachmentIsEncoded: random.oneIn(2)))
    }
  }

  /// Whether what was read is what was written.
  private static func isSame(_ frame: Frame, _ written: OutboundFrame) -> Bool {
    guard frame.type == written.type, frame.streamID == written.streamID else { return false }
    switch written.body {
    case .packed:
      preconditionFailure("only the transport compresses beforehand")
    case .plain(let body):
      return frame.body == body
    case .request(_, let message, let attachment, _), .message(let message, let attachment, _):
      guard let body = try? MessageBody(parsing: frame) else { return false }
      return body.message == message && body.attachment == attachment
    }
  }

  /// Flips, overwrites, cuts out or repeats bytes; half of the time the header's checksum is made right again, so that the lie behind
  /// it is what is tested.
  private static func damage(_ bytes: inout ByteBuffer, _ random: inout SeededGenerator) {
    let count = bytes.readableBytes
    switch random.number(0...4) {
    case 0:
      for _ in 0..<random.number(1...8) {
        bytes.setInteger(UInt8(truncatingIfNeeded: random.next()), at: random.number(0...count - 1))
      }
    case 1:
      bytes.moveWriterIndex(to: random.number(0...count - 1))
    case 2:
      let copy = bytes
      bytes.writeImmutableBuffer(copy)
      bytes.setInteger(UInt8(truncatingIfNeeded: random.next()), at: random.number(0...count - 1))
    default:
      lie(&bytes, &random)
    }
  }

  /// Overwrites a field of the first header and makes its checksum fit.
  private static func lie(_ bytes: inout ByteBuffer, _ random: inout SeededGenerator) {
    let large = [0, 1, 0xff, 0xffff, 0x7fff_ffff, 0xffff_ffff, random.number(0...200_000)]
    var copy = bytes
    guard let length = copy.readInteger(as: UInt32.self), let type = copy.readInteger(as: UInt8.self),
      let encoding = copy.readInteger(as: UInt8.self), let flags = copy.readInteger(as: UInt16.self),
      let id = copy.readInteger(as: UInt32.self), let raw = copy.readInteger(as: UInt32.self),
      let crc = copy.readInteger(as: UInt32.self)
    else { return }
    let lie = UInt32(large[random.number(0...large.count - 1)])
    var header = FrameHeader(
      bodyLength: length, type: type, encoding: encoding, flags: FrameFlags(rawValue: flags), streamID: id, rawLength: raw,
      bodyCRC: crc)
    switch random.number(0...6) {
    case 0: header.bodyLength = lie
    case 1: header.type = UInt8(truncatingIfNeeded: random.next())
    case 2: header.encoding = UInt8(truncatingIfNeeded: random.number(0...4))
    case 3: header.flags = FrameFlags(rawValue: UInt16(truncatingIfNeeded: random.next()))
    case 4: header.streamID = lie
    case 5: header.rawLength = lie
    default: header.bodyCRC = lie
    }
    header.set(in: &bytes, at: bytes.readerIndex)
  }

  private static func decode(
    _ bytes: inout ByteBuffer, _ codec: BodyCodec, _ random: inout SeededGenerator
  ) -> (frames: [Frame], error: WireError?) {
    var decoder = FrameDecoder()
    decoder.limits = limits
    var frames: [Frame] = []
    let pieces = max([1, 7, 100, 10_000, 1_000_000][random.number(0...4)], bytes.readableBytes / 200 + 1)
    while bytes.readableBytes > 0 {
      let count = min(bytes.readableBytes, random.number(1...pieces))
      if let piece = bytes.readSlice(length: count) { decoder.append(piece) }
      do throws(WireError) {
        while let output = try decoder.next(codec) {
          if case .frame(let frame) = output { frames.append(frame) }
        }
      } catch {
        return (frames, error)
      }
    }
    return (frames, nil)
  }
}
