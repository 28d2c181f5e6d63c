import NIOCore
import Testing
import WireFuzz

@testable import Wire

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

  /// A body of two bytes an entry, and one of a tool result that names as many files as it may, over and over.
  @Test func aFewBytesThatBecomeTooManyEntriesAreRefusedAtOnce() throws {
    let paths = TranscriptEntry.with { $0.toolResult = .with { $0.artifacts = [String](repeating: "", count: 1_024) } }
    let bombs = [
      [UInt8]((0..<2_000_000).map { $0 % 2 == 0 ? 0x0a : 0 }),
      [[UInt8]](repeating: CheckpointBody.with { $0.entries = [paths] }.encoded(), count: 8).flatMap { $0 },
    ]
    for raw in bombs {
      let bytes = try WholeStream.deflate(raw)
      #expect(bytes.readableBytes < 2_000)
      var taken = 0
      var reader = BodyReader(limit: .step)
      let early = #expect(throws: WireError.self) { try reader.read(ByteBuffer(bytes: raw)) { _ in taken += 1 } }
      #expect(early?.errorCode == .corrupt && taken <= Limits.stepEntries)
      let start = ContinuousClock.now
      let error = #expect(throws: WireError.self) {
        try CheckpointArchive.open(bytes, crc: crc32(Array(bytes.readableBytesView)))
      }
      #expect(error?.errorCode == .corrupt && error?.message.contains("4096 entries") == true)
      #expect(ContinuousClock.now - start < .seconds(1))
    }
    #expect(MemoryLayout<TranscriptEntry>.stride <= 96)
  }

  @Test func aBodyThatInflatesBeyondItsBoundIsRefused() throws {
    // One entry that says it is longer than a step, an entry of a gibibyte, and a step as large as a snapshot may be.
    let letters = TranscriptEntry.with { $0.summary = .with { $0.text = String(repeating: "a", count: Limits.textBytes) } }
    let large = CheckpointBody.with { $0.entries = [TranscriptEntry](repeating: letters, count: 33) }
    for raw in [[0x0a, 0xff, 0xff, 0xff, 0x7f] + [UInt8](repeating: 0, count: 40 << 20), large.encoded()] {
      let bytes = try WholeStream.deflate(raw)
      let error = #expect(throws: WireError.self) {
        try CheckpointArchive.open(bytes, crc: crc32(Array(bytes.readableBytesView)))
      }
      #expect(error?.errorCode == .corrupt)
    }
    #expect(throws: WireError.self) { try CheckpointArchive.seal(large) }
    let snapshot = try CheckpointArchive.seal(large, as: .snapshot)
    #expect(try CheckpointArchive.open(snapshot.bytes, crc: snapshot.crc, as: .snapshot) == large)
  }

  /// Entries that end on the edges of pieces, and fields of a newer version between them.
  @Test func aBodyIsReadTheSameInPiecesOfAnySize() throws {
    let whole = body(seed: 5)
    let newer: [UInt8] = [0x12, 3, 1, 2, 3, 0x18, 0x96, 1, 0x21, 1, 2, 3, 4, 5, 6, 7, 8, 0x2d, 1, 2, 3, 4]
    let raw = newer + whole.encoded() + newer
    for size in [1, 2, 7, 1_000, raw.count] {
      var reader = BodyReader(limit: .step)
      var entries: [TranscriptEntry] = []
      for start in stride(from: 0, to: raw.count, by: size) {
        try reader.read(ByteBuffer(bytes: raw[start..<min(start + size, raw.count)])) { entries.append($0) }
      }
      try reader.end()
      #expect(entries == whole.entries)
      #expect(reader.size == TranscriptSize(whole.entries))
    }
    for bad: [UInt8] in [
      [0x0a, 5, 0], [0x0a], [0x0b, 1], [0x02, 1, 1], [0x0a, 2, 0xff, 0xff], [UInt8](repeating: 0xff, count: 11),
    ] {
      var reader = BodyReader(limit: .step)
      #expect(throws: WireError.self) {
        try reader.read(ByteBuffer(bytes: bad)) { _ in }
        try reader.end()
      }
    }
  }

  @Test func whatCannotBeABodyIsSeenByItsHead() throws {
    #expect(CheckpointArchive.beginsAsBody(try CheckpointArchive.seal(body(seed: 6)).bytes))
    #expect(CheckpointArchive.beginsAsBody(ByteBuffer(string: "KAISEAL1....")))
    for bytes: [UInt8] in [[], [0x78], [0x78, 0x9d], [0x1f, 0x8b], [0x79, 0x99], [0, 0], Array("hello".utf8), [0x78, 0xbb]] {
      #expect(!CheckpointArchive.beginsAsBody(ByteBuffer(bytes: bytes)))
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
