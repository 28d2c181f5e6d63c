import JSON
import Testing
import Wire
import WireFuzz

@Suite struct JSONReaderTests {
  @Test func whatIsPrintedIsReadBack() {
    struct RoundTrip: MessageTypeVisitor {
      mutating func visit<M: WireMessage>(_ type: M.Type) {
        for seed in 0..<10 {
          var generator = MessageGenerator(seed: UInt64(seed))
          let printed = generator.make(M.self).json(showingSecrets: true)
          do throws(WireError) {
            let read = try M(json: printed).json(showingSecrets: true)
            #expect(read == printed, "\(M.messageName) seed \(seed)")
          } catch {
            Issue.record("\(M.messageName) seed \(seed): \(error.message)")
          }
        }
      }
    }
    var visitor = RoundTrip()
    Messages.visitAll(&visitor)
  }

  @Test(arguments: [
    (#"{"importance":"high"}"#, "importance must be a number"),
    (#"{"version":-1}"#, "version must be a whole number"),
    (#"{"created_at":"yesterday"}"#, "created_at must be a time"),
    (#"{"created_at":"2026-02-30T00:00:00Z"}"#, "created_at must be a time"),
    (#"{"key":7}"#, "key must be a string"),
    (#"[1]"#, "must be a JSON object"),
  ])
  func whatIsWrongIsNamed(_ text: String, _ says: String) throws {
    let value = try JSONValue(parsing: text)
    let error = #expect(throws: WireError.self) { try Memory(json: value) }
    #expect(error?.errorCode == .invalidJson && error?.message.contains(says) == true, "\(error?.message ?? "")")
  }

  @Test func membersOfMembersAreNamedInFull() throws {
    let value = try JSONValue(parsing: #"{"hits":[{"score":1},{"memory":{"key":3}}]}"#)
    let error = #expect(throws: WireError.self) { try MemoryHits(json: value) }
    #expect(error?.message.hasPrefix("hits[1].memory.key must be") == true, "\(error?.message ?? "")")
  }

  @Test(
    arguments: [
      ("1970-01-01T00:00:00Z", 0), ("1969-12-31T23:59:59.999999Z", -1), ("2000-02-29T00:00:00.5Z", 951_782_400_500_000),
      ("2099-12-31T23:59:59.999999Z", 4_102_444_799_999_999),
    ] as [(String, Int64)])
  func timesAreRead(_ text: String, _ microseconds: Int64) { #expect(Timestamp(rfc3339: text)?.microseconds == microseconds) }

  @Test(arguments: [
    "", "2026", "2026-11-23", "2026-11-23T01:02:03", "2026-11-23 01:02:03Z", "2026-13-01T00:00:00Z", "-026-11-23T01:02:03Z",
  ])
  func otherTextsAreNoTimes(_ text: String) { #expect(Timestamp(rfc3339: text) == nil) }
}
