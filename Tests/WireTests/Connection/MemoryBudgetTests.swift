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

  @Test func anUploadsChunkIsRefusedByItsHeader() throws {
    var decoder = FrameDecoder()
    decoder.limits = FrameDecoder.Limits(agreed: .standard)
    var bytes = ByteBuffer(repeating: 0, count: Limits.frameHeaderBytes)
    FrameHeader(
      bodyLength: 1 << 20, type: FrameType.upload.rawValue, encoding: 0, flags: [], streamID: 1, rawLength: 1 << 20, bodyCRC: 0
    ).set(in: &bytes, at: bytes.readerIndex)
    decoder.append(bytes)
    var failure: WireError?
    do throws(WireError) { _ = try decoder.next(BodyCodec()) } catch { failure = error }
    #expect(failure?.errorCode == .frameTooLarge)
  }
}
