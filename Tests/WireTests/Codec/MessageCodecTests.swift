import Testing
import Wire
import WireFuzz

@Suite struct MessageCodecTests {
  @Test func everyMessageSurvivesARoundTrip() {
    struct RoundTrip: MessageTypeVisitor {
      mutating func visit<M: WireMessage>(_ type: M.Type) {
        for seed in 0..<20 {
          var generator = MessageGenerator(seed: UInt64(seed))
          let message = generator.make(M.self)
          let bytes = message.encoded()
          #expect(bytes.count == message.encodedSize)
          #expect((try? M(decoding: bytes)) == message, "\(M.messageName) seed \(seed)")
        }
      }
    }
    var visitor = RoundTrip()
    Messages.visitAll(&visitor)
  }

  @Test func unknownFieldsAreSkippedAndKnownOnesKept() throws {
    var bytes: [UInt8] = [0xf8, 0x07, 0x01]  // field 127, varint 1
    bytes += TaskRef(id: "task_0123456789ab").encoded()
    bytes += [0xfa, 0x07, 0x02, 0x01, 0x02]  // field 127, two bytes
    #expect(try TaskRef(decoding: bytes).id == "task_0123456789ab")
  }

  @Test func fieldsInAnyOrderAreRead() throws {
    let late: [UInt8] = [0x12, 0x01, 0x6e]  // field 2 (note) = "n"
    #expect(
      try TaskRef(decoding: late + TaskRef(id: "x").encoded())
        == TaskRef.with {
          $0.id = "x"; $0.note = "n"
        })
  }

  @Test func anUnknownEnumNumberReadsAsUnspecified() throws {
    #expect(try Session(decoding: [0x18, 0x7f]).status == .unspecified)
  }

  @Test(
    arguments: [
      ([0x0a, 0x05, 0x61], "its length 5 is more than what follows"),
      ([0x0a, 0x01, 0xff], "it is not valid UTF-8"),
      ([0x0a, 0x41] + [UInt8](repeating: 0x61, count: 65), "it has 65 bytes; at most 64 are allowed"),
      ([0x28, 0xff, 0xff, 0xff, 0xff, 0x7f], "does not fit in 32 bits"),
      ([0x28, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f], "longer than 64 bits"),
      ([0x28], "cut off"),
      ([0x00, 0x01], "field number 0 is not allowed"),
      ([0x0b], "wire type 3 is not allowed"),
      ([0x6a, 0x02, 0x0a, 0x7f], "its length 127 is more than what follows"),
    ] as [([UInt8], String)])
  func badBytesAreRefusedWithTheField(bytes: [UInt8], reason: String) {
    let error = #expect(throws: WireError.self) { try Session(decoding: bytes) }
    #expect(error?.errorCode == .badMessage)
    #expect(error?.message.contains(reason) == true, "\(error?.message ?? "")")
  }

  @Test func aRepeatedFieldBeyondItsLimitIsRefused() {
    let bytes = [UInt8]((0..<65).flatMap { _ in [0x1a, 0x00] as [UInt8] })  // labels
    let error = #expect(throws: WireError.self) { try NodeAttachRequest(decoding: bytes) }
    #expect(error?.message.contains("more than 64 elements") == true)
  }

  @Test func aFloodOfUnknownFieldsIsRefusedEarly() {
    let bytes = [UInt8]((0..<5_000).flatMap { _ in [0xf8, 0x07, 0x01] as [UInt8] })
    #expect(throws: WireError.self) { try TaskRef(decoding: bytes) }
  }

  @Test func damagedBytesNeverTrapAndNeverLie() {
    let outcome = CodecFuzzer().run(events: 40_000, seed: 1)
    #expect(outcome.failures.isEmpty)
    #expect(outcome.accepted > 1_000 && outcome.refused > 1_000)
  }
}
