import NIOCore
import Testing

@testable import Wire

@Suite struct MemoryBudgetTests {
  @Test func oneKeyHoldsHalfAtMostOnAllItsConnections() {
    let budget = MemoryBudget(limitBytes: 100_000)
    let (first, second, other) = (budget.open("a"), budget.open("a"), budget.open("b"))
    first.change(by: 30_000)
    #expect(second.roomBytes == 20_000 && other.roomBytes == 50_000)
    second.change(by: 30_000)
    #expect(first.refusal?.errorCode == .overloaded && other.refusal == nil)
    second.change(by: -30_000)
    #expect(first.refusal == nil)
  }

  @Test func whenAllIsHeldWhoeverHoldsTheMostHasToGo() {
    let budget = MemoryBudget(limitBytes: 100_000)
    let accounts = ["a", "b", "c", "d"].map { budget.open($0) }
    nonisolated(unsafe) var ended: [Int] = []
    for (index, account) in accounts.enumerated() {
      account.closes { _ in ended.append(index) }
      account.change(by: [30_000, 45_000, 30_000, 100][index])
    }
    #expect(accounts[3].refusal?.errorCode == .overloaded)
    #expect(ended == [1])
    accounts[1].change(by: -45_000)
    accounts[1].close()
    #expect(accounts[3].refusal == nil && budget.usedBytes == 60_100)
  }

  @Test func aFrameIsHeldBeforeItComesAndAnUploadsWindowToo() throws {
    let budget = MemoryBudget(limitBytes: 8 << 20)
    let dialogue = try ServerDialogue(budget: budget)
    dialogue.waits(for: 3 << 20)
    #expect(budget.usedBytes == 3 << 20 && dialogue.memoryBudget == 1 << 20)
    dialogue.waits(for: 0)
    #expect(budget.usedBytes == 0)
    dialogue.waits(for: 1_000)
    dialogue.disconnects()
    #expect(budget.usedBytes == 0)
  }

  @Test func aFrameThatTricklesIsCutOffAndOneThatFlowsIsNot() {
    let start = NIODeadline.uptimeNanoseconds(1_000_000_000)
    var arrival = FrameArrival()
    #expect(arrival.deadline == .distantFuture)
    arrival.update(isUnfinished: true, isNew: false, start)
    #expect(arrival.deadline == start + .seconds(10))
    // 40 KiB buy ten seconds more; a byte a second buys nothing to speak of.
    arrival.received(40 * 1024)
    #expect(arrival.deadline == start + .seconds(20))
    arrival.update(isUnfinished: true, isNew: false, start + .seconds(9))
    #expect(arrival.deadline == start + .seconds(20))
    // While the server does not read, the peer cannot send.
    arrival.pause(true, start + .seconds(10))
    #expect(arrival.deadline == .distantFuture)
    arrival.pause(false, start + .seconds(100))
    #expect(arrival.deadline == start + .seconds(110))
    arrival.update(isUnfinished: true, isNew: true, start + .seconds(105))
    #expect(arrival.deadline == start + .seconds(115))
    arrival.update(isUnfinished: false, isNew: true, start + .seconds(106))
    #expect(arrival.deadline == .distantFuture)
  }

  @Test(arguments: FrameType.allCases) func aFrameThatNoBudgetAsksForIsRefusedByItsHeader(_ type: FrameType) throws {
    var decoder = FrameDecoder()
    decoder.limits = FrameDecoder.Limits(agreed: .standard, maxOtherBytes: Limits.handshakeFrameBytes)
    let most =
      switch type {
      case .request: Limits.defaultMessageBytes
      case .upload: Limits.chunkBytes + 8 * 1_024
      default: Limits.handshakeFrameBytes
      }
    decoder.append(header(of: type, length: most + 1))
    var failure: WireError?
    do throws(WireError) { _ = try decoder.next(BodyCodec()) } catch { failure = error }
    #expect(failure?.errorCode == .frameTooLarge)
  }

  @Test func aChunkThatNobodyWaitsForIsSkippedWhenAllIsHeld() throws {
    let budget = MemoryBudget(limitBytes: 4 << 20)
    let dialogue = try ServerDialogue(budget: budget)
    // A key's half is held: there is no room for a chunk, unless an upload's window covers it.
    dialogue.waits(for: 900_000)
    budget.open("admin").change(by: 1_200_000)
    #expect(dialogue.uploadBudget < Limits.chunkBytes)
    dialogue.waits(for: 1 << 20)
    #expect(dialogue.uploadBudget == .max)
    var decoder = FrameDecoder()
    decoder.limits = FrameDecoder.Limits(agreed: .standard)
    decoder.uploadBudget = 1_000
    decoder.append(header(of: .upload, length: 200_000))
    guard case .refused(let header)? = try decoder.next(BodyCodec()) else { throw WireError(.badFrame, "not refused") }
    #expect(header.type == FrameType.upload.rawValue && decoder.unfinishedBytes == 0)
    // Nobody ever opened that stream.
    dialogue.says(.refused(header))
    #expect(dialogue.failure?.errorCode == .badFrame)
  }

  @Test func whatCrossesWithARefusalIsSkippedAndNoMore() throws {
    let dialogue = try ServerDialogue()
    let chunk = FrameHeader(
      bodyLength: 1 << 18, type: FrameType.upload.rawValue, encoding: 0, flags: [], streamID: 1, rawLength: 1 << 18, bodyCRC: 0)
    dialogue.asks(1, .artifactPut)
    #expect(dialogue.failure == nil)
    for _ in 0..<5 { dialogue.says(.refused(chunk)) }
    #expect(dialogue.failure == nil)
    dialogue.says(.refused(chunk))
    #expect(dialogue.failure?.errorCode == .flowViolation)
  }

  private func header(of type: FrameType, length: Int) -> ByteBuffer {
    var bytes = ByteBuffer(repeating: 0, count: Limits.frameHeaderBytes)
    FrameHeader(
      bodyLength: UInt32(length), type: type.rawValue, encoding: 0, flags: [], streamID: 1, rawLength: UInt32(length), bodyCRC: 0
    ).set(in: &bytes, at: bytes.readerIndex)
    return bytes
  }
}
