import NIOCore
import Testing

@testable import Wire

@Suite struct FrameHeaderTests {
  @Test func pingIsTheGoldenVector() throws {
    #expect(try hex(.ping(0x0001_0203_0405_0607)) == "0000000806000000000000000000000888aa689fbbb2df2e0001020304050607")
  }

  @Test func creditIsTheGoldenVector() throws {
    #expect(
      try hex(.credit(streamID: 3, bytes: 65_536, items: 0)) == "00000008140000000000000300000008c355d4ddc197d2cf0001000000000000"
    )
  }

  @Test func aHeaderIsReadAsItWasWritten() throws {
    let header = FrameHeader(
      bodyLength: 1, type: 2, encoding: 3, flags: FrameFlags(rawValue: 0x0405), streamID: 6, rawLength: 7, bodyCRC: 8)
    var buffer = ByteBuffer(repeating: 0xaa, count: 30)
    header.set(in: &buffer, at: 0)
    #expect(try FrameHeader.read(from: &buffer) == header)
    #expect(buffer == ByteBuffer(repeating: 0xaa, count: 6))
  }

  @Test func anyFlippedBitOfAHeaderIsNoticed() throws {
    let header = FrameHeader(bodyLength: 9, type: 6, encoding: 0, flags: [], streamID: 1, rawLength: 9, bodyCRC: 77)
    var good = ByteBuffer(repeating: 0, count: 24)
    header.set(in: &good, at: 0)
    for bit in 0..<24 * 8 {
      var bad = good
      let byte = bad.getInteger(at: bit / 8, as: UInt8.self) ?? 0
      bad.setInteger(byte ^ UInt8(1 << (bit % 8)), at: bit / 8)
      #expect(throws: WireError.self) { try FrameHeader.read(from: &bad) }
    }
  }

  @Test func theLayoutOfABodyIsFixed() throws {
    let head = RequestHead.with { $0.method = 11 }
    let frame = OutboundFrame(
      type: .request, streamID: 1,
      body: .request(head, message: ByteBuffer(string: "mm"), attachment: ByteBuffer(string: "a"), attachmentIsEncoded: true))
    let text = try hex(frame)
    // bodyLength 13 | REQUEST | stored | ATTACHMENT | stream 1 | rawLength 13
    #expect(text.hasPrefix("0000000d10000002000000010000000d"))
    // u16 head 2 | u16 0 | u32 message 2 | head 08 0b | "mm" | "a"
    #expect(text.hasSuffix("0002000000000002080b6d6d61"))
  }

  private func hex(_ frame: OutboundFrame) throws -> String {
    var out = ByteBuffer()
    try FrameEncoder().encode(frame, BodyCodec(), into: &out)
    return out.readableBytesView.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}
