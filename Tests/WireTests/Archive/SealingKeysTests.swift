import NIOCore
import Testing

@testable import Wire

@Suite struct SealingKeysTests {
  private static let first = String(repeating: "0a", count: 32)
  private static let second = String(repeating: "0b", count: 32)

  private func keys(_ lines: String...) throws -> SealingKeys {
    try SealingKeys(parsing: Array(lines.joined(separator: "\n").utf8), path: "keys")
  }

  @Test func stepsAreSealedAndOpened() throws {
    let body = CheckpointBody.with { $0.entries = [.with { $0.user = .with { $0.text = "a secret question" } }] }
    let sealed = try CheckpointArchive.seal(body, with: keys(Self.first))
    #expect(SealingKeys.isSealed(sealed.bytes))
    #expect(try CheckpointArchive.open(sealed.bytes, crc: sealed.crc, with: keys(Self.first)) == body)
    // A newer key stands before the old one; what was never sealed is read, too.
    #expect(try CheckpointArchive.open(sealed.bytes, crc: sealed.crc, with: keys(Self.second, Self.first)) == body)
    let plain = try CheckpointArchive.seal(body)
    #expect(try CheckpointArchive.open(plain.bytes, crc: plain.crc, with: keys(Self.first)) == body)
    // The same thing is never sealed the same way.
    #expect(try CheckpointArchive.seal(body, with: keys(Self.first)).bytes != sealed.bytes)
  }

  @Test func withoutTheKeyNothingIsSaid() throws {
    let sealed = try keys(Self.first).seal(ByteBuffer(string: "secret"), as: .step)
    for wrong in [nil, try keys(Self.second)] {
      let error = #expect(throws: WireError.self) { _ = try SealingKeys.open(sealed, as: .step, with: wrong) }
      #expect(error?.errorCode == .failedPrecondition && error?.hint.isEmpty == false)
    }
  }

  @Test func whatWasChangedIsRefused() throws {
    let keys = try keys(Self.first)
    let sealed = try keys.seal(ByteBuffer(string: "secret"), as: .step)
    for place in 12..<sealed.readableBytes {
      var changed = sealed
      changed.setInteger(try #require(changed.getInteger(at: place, as: UInt8.self)) ^ 1, at: place)
      #expect(throws: WireError.self) { _ = try SealingKeys.open(changed, as: .step, with: keys) }
    }
    for length in 8..<sealed.readableBytes {
      let cut = try #require(sealed.getSlice(at: 0, length: length))
      #expect(throws: WireError.self) { _ = try SealingKeys.open(cut, as: .step, with: keys) }
    }
    // Nor does a step stand in for an artifact.
    #expect(throws: WireError.self) { _ = try SealingKeys.open(sealed, as: .artifact, with: keys) }
  }

  @Test(arguments: ["", "\n \n", "0a0b", String(repeating: "0g", count: 32), String(repeating: "0a", count: 33)])
  func aKeyFileIsReadOrRefused(text: String) {
    let error = #expect(throws: WireError.self) { _ = try SealingKeys(parsing: Array(text.utf8), path: "keys") }
    #expect(error?.errorCode == .usage && error?.hint.contains("openssl") == true)
  }
}
