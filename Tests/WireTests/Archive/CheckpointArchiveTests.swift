import NIOCore
import Testing
import Wire
import WireFuzz

@Suite struct CheckpointArchiveTests {
  private func body(seed: UInt64) -> CheckpointBody {
    var generator = MessageGenerator(seed: seed)
    return CheckpointBody.with { $0.entries = (0..<50).map { _ in generator.make(TranscriptEntry.self) } }
  }

  @Test func whatIsSealedOpensUnchanged() throws {
    for seed in 0..<10 {
      let sealed = try CheckpointArchive.seal(body(seed: UInt64(seed)))
      #expect(try CheckpointArchive.open(sealed.bytes, crc: sealed.crc) == body(seed: UInt64(seed)))
    }
    let empty = try CheckpointArchive.seal(CheckpointBody())
    #expect(try CheckpointArchive.open(empty.bytes, crc: empty.crc) == CheckpointBody())
  }

  @Test func aFlippedBitAnywhereIsFound() throws {
    let sealed = try CheckpointArchive.seal(body(seed: 3))
    for index in stride(from: 0, to: sealed.bytes.readableBytes, by: 7) {
      var bytes = Array(sealed.bytes.readableBytesView)
      bytes[index] ^= 0x10
      let error = #expect(throws: WireError.self) { try CheckpointArchive.open(ByteBuffer(bytes: bytes), crc: sealed.crc) }
      #expect(error?.errorCode == .corrupt)
    }
  }

  @Test func aCutOrLengthenedStreamIsRefusedEvenWithARightChecksum() throws {
    let whole = Array(try CheckpointArchive.seal(body(seed: 4)).bytes.readableBytesView)
    for bytes in [Array(whole.dropLast()), whole + [0], Array(whole.prefix(2)), [], [1, 2, 3]] {
      #expect(throws: WireError.self) { try CheckpointArchive.open(ByteBuffer(bytes: bytes), crc: crc32(bytes)) }
    }
  }

  /// An independent CRC-32, bit by bit.
  private func crc32(_ bytes: [UInt8]) -> UInt32 {
    var crc = ~UInt32(0)
    for byte in bytes {
      crc ^= UInt32(byte)
      for _ in 0..<8 {
        let carry: UInt32 = crc & 1 == 1 ? 0xedb8_8320 : 0
        crc = (crc >> 1) ^ carry
      }
    }
    return ~crc
  }
}
