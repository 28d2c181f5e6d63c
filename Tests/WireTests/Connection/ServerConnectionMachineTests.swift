import NIOCore
import Testing

@testable import Wire

@Suite struct ServerConnectionMachineTests {
  // MARK: Requests

  @Test func aRequestIsDeliveredAndAnsweredOnce() throws {
    let dialogue = try ServerDialogue()
    dialogue.asks(1, message: 100)
    #expect(dialogue.events == ["request 1 session.get"])
    #expect(dialogue.requests[0].principal == Principal(keyId: "admin", role: .admin))
    #expect(dialogue.heldBytes > 100)
    dialogue.serviceSends(.response(1, Session()))
    dialogue.serviceSends(.response(1, Session()))
    #expect(dialogue.sent == ["response 1"])
    #expect(dialogue.heldBytes == 0)
  }

  @Test(arguments: [[UInt32(2)], [0], [3, 3], [3, 1]]) func streamIdsAreOddAndRise(_ ids: [UInt32]) throws {
    let dialogue = try ServerDialogue()
    for id in ids { dialogue.asks(id) }
    #expect(dialogue.failure?.errorCode == .badFrame)
  }

  @Test func whatMayNotBeAskedIsRefusedOnItsStreamAlone() throws {
    let dialogue = try ServerDialogue(role: "viewer")
    dialogue.asks(1, .sessionCreate, key: [1])
    dialogue.asks(3, .serverDrain)
    dialogue.asks(5, .unspecified)
    dialogue.asks(7)
    #expect(dialogue.sent == ["error 1 forbidden none", "error 3 forbidden none", "error 5 unknown_method none"])
    #expect(dialogue.events == ["request 7 session.get"])
    #expect(dialogue.failure == nil)
  }

  @Test func aMutatingCallNeedsAnIdempotencyKey() throws {
    let dialogue = try ServerDialogue()
    dialogue.asks(1, .sessionCreate)
    dialogue.asks(3, .sessionCreate, key: [1])
    #expect(dialogue.sent == ["error 1 invalid_argument none"])
    #expect(dialogue.events == ["request 3 session.create"])
  }

  @Test func aStreamCountsUntilItsHandlerHasEndedEvenWhenCancelled() throws {
    let dialogue = try ServerDialogue()
    for index in 0..<UInt32(Limits.maxStreams) { dialogue.asks(1 + 2 * index) }
    dialogue.says(.cancel(streamID: 1))
    dialogue.asks(1_001)
    #expect(dialogue.sent == ["error 1001 too_many_streams none"])
    dialogue.serviceSends(.error(1, WireError(.cancelled, "stopped")))
    dialogue.asks(1_003)
    #expect(dialogue.events.last == "request 1003 session.get")
  }

  @Test func aRequestBeyondTheMemoryBudgetIsRefusedAndMayComeAgain() throws {
    let dialogue = try ServerDialogue()
    dialogue.says(
      .refused(FrameHeader(bodyLength: 9, type: 0x10, encoding: 0, flags: [], streamID: 1, rawLength: 9, bodyCRC: 0)))
    #expect(dialogue.sent == ["error 1 overloaded none"])
    dialogue.asks(3)
    #expect(dialogue.events == ["request 3 session.get"])
  }

  @Test func framesThatOnlyServersSendEndTheConnection() throws {
    for type in [FrameType.response, .item, .hello, .challenge, .auth, .ready] {
      let dialogue = try ServerDialogue()
      dialogue.says(OutboundFrame(type: type, streamID: 1, body: .plain(ByteBuffer(repeating: 0, count: 8))))
      #expect(dialogue.failure?.errorCode == .badFrame)
    }
  }

  // MARK: Credit

  @Test func itemsWaitForCreditInBytesAndInItems() throws {
    let dialogue = try ServerDialogue()
    dialogue.asks(1, .taskWatch, bytes: 15, items: 3)
    for _ in 0..<5 { dialogue.serviceSendsItem(1, bytes: 10) }
    // The second overshoots the bytes; the third must wait.
    #expect(dialogue.takeSent() == ["item 1", "item 1"])
    #expect(dialogue.pendingBytes == 30)
    dialogue.says(.credit(streamID: 1, bytes: 1_000, items: 0))
    #expect(dialogue.takeSent() == ["item 1"])
    dialogue.says(.credit(streamID: 1, bytes: 0, items: 2))
    #expect(dialogue.takeSent() == ["item 1", "item 1"])
    #expect(dialogue.pendingBytes == 0)
    #expect(dialogue.events.suffix(2) == ["credit 1 1000 0", "credit 1 0 2"])
  }

  @Test func aResponseWaitsForItsItemsAndAnErrorForNothing() throws {
    let dialogue = try ServerDialogue()
    for id: UInt32 in [1, 3] {
      dialogue.asks(id, .taskWatch)
      dialogue.serviceSendsItem(id)
    }
    dialogue.serviceSends(.response(1, Empty()))
    dialogue.serviceSends(.error(3, WireError(.notFound, "gone")))
    #expect(dialogue.takeSent() == ["error 3 not_found none"])
    #expect(dialogue.pendingBytes == 10)
    dialogue.serviceSendsItem(1)
    dialogue.says(.credit(streamID: 1, bytes: 100, items: 100))
    #expect(dialogue.takeSent() == ["item 1", "response 1"])
    #expect(dialogue.streamCount == 0 && dialogue.pendingBytes == 0)
  }

  @Test func aClientThatNeverReadsIsDropped() throws {
    let dialogue = try ServerDialogue()
    dialogue.asks(1, .taskWatch)
    for _ in 0..<64 { dialogue.serviceSendsItem(1, bytes: 256 * 1024) }
    #expect(dialogue.failure == nil)
    dialogue.serviceSendsItem(1, bytes: 1)
    #expect(dialogue.failure?.errorCode == .overloaded)
  }

  @Test func creditForAUnaryStreamOrAnUnopenedOneEndsTheConnection() throws {
    for id: UInt32 in [1, 3, 4] {
      let dialogue = try ServerDialogue()
      dialogue.asks(1)
      dialogue.says(.credit(streamID: id, bytes: 1, items: 1))
      #expect(dialogue.failure?.errorCode == .badFrame)
    }
  }

  @Test func allConnectionsShareWhatMayBeUnderWay() throws {
    let budget = MemoryBudget(limitBytes: 80_000)
    let (first, second) = (try ServerDialogue(budget: budget), try ServerDialogue(budget: budget))
    #expect(first.memoryBudget == 40_000)
    first.asks(1)
    let held = first.heldBytes
    #expect(held > 0 && budget.usedBytes == held && second.memoryBudget == 40_000 - held)
    second.asks(1)
    #expect(budget.usedBytes == held + second.heldBytes)
    // However full it is, there is room for a heartbeat.
    let other = budget.open("other")
    other.change(by: 100_000)
    #expect(second.memoryBudget == MemoryBudget.floorBytes - second.heldBytes)
    other.change(by: -100_000)
    second.serviceSends(.response(1, Empty()))
    #expect(budget.usedBytes == held)
    first.disconnects()
    #expect(budget.usedBytes == 0)
  }

  @Test func aStreamThatStaysOpenCountsMoreThanItsBytes() throws {
    let budget = MemoryBudget(limitBytes: 1 << 20)
    let dialogue = try ServerDialogue(budget: budget)
    var opened = 0
    while opened < 256, !dialogue.sent.contains(where: { $0.contains("overloaded") }) {
      dialogue.asks(UInt32(1 + 2 * opened), .taskWatch)
      opened += 1
    }
    // Half of the budget is one key's.
    #expect((200..<256).contains(opened) && budget.usedBytes > 200 * 2_048)
    #expect(dialogue.failure == nil)
  }

  // MARK: Uploads

  @Test func uploadsAreDeliveredWithinTheirCredit() throws {
    let dialogue = try ServerDialogue()
    dialogue.asks(1, .artifactPut, key: [1])
    for _ in 0..<4 { dialogue.uploads(1, Limits.chunkBytes) }
    #expect(dialogue.failure == nil)
    dialogue.serviceGrants(1, 10)
    dialogue.uploads(1, 20, end: true)
    #expect(dialogue.sent == ["credit 1"])
    #expect(dialogue.events.last == "upload 1 20 end")
    dialogue.uploads(1, 1)
    #expect(dialogue.failure?.errorCode == .badFrame)
  }

  @Test func anUploadBeyondItsCreditEndsTheConnection() throws {
    let dialogue = try ServerDialogue()
    dialogue.asks(1, .artifactPut, key: [1])
    for _ in 0..<5 { dialogue.uploads(1, Limits.chunkBytes) }
    #expect(dialogue.failure?.errorCode == .flowViolation)
  }

  @Test func aChunkOfMoreThan256KiBEndsTheConnection() throws {
    let dialogue = try ServerDialogue()
    dialogue.asks(1, .artifactPut, key: [1])
    dialogue.uploads(1, Limits.chunkBytes + 1)
    #expect(dialogue.failure?.errorCode == .frameTooLarge)
  }

  @Test func aRefusedUploadsFirstChunksAreForgivenTheyWereSentBeforeItWasKnown() throws {
    for (role, key, budget) in [("admin", [UInt8(1)], 1_000_000), ("viewer", [1], .max / 4), ("admin", [], .max / 4)] {
      let dialogue = try ServerDialogue(role: role, budget: MemoryBudget(limitBytes: budget))
      dialogue.asks(1, .artifactPut, key: key)
      #expect(dialogue.sent.first?.hasPrefix("error 1") == true, "\(dialogue.sent)")
      for _ in 0..<4 { dialogue.uploads(1, Limits.chunkBytes) }
      dialogue.uploads(1, 1, end: true)
      #expect(dialogue.failure == nil)
      for _ in 0..<4 { dialogue.uploads(1, Limits.chunkBytes) }
      #expect(dialogue.failure?.errorCode == .flowViolation)
    }
  }

  @Test func chunksThatCrossWithTheErrorAreForgivenButNotForEver() throws {
    let dialogue = try ServerDialogue()
    dialogue.asks(1, .artifactPut, key: [1])
    dialogue.serviceSends(.error(1, WireError(.forbidden, "no")))
    for _ in 0..<5 { dialogue.uploads(1, Limits.chunkBytes) }
    #expect(dialogue.failure == nil)
    dialogue.uploads(1, Limits.chunkBytes)
    #expect(dialogue.failure?.errorCode == .flowViolation)
  }

  // MARK: Cancel and deadlines

  @Test func aCancelIsDeliveredOnceAndItsItemsGoNowhere() throws {
    let dialogue = try ServerDialogue()
    dialogue.asks(1, .taskWatch, bytes: 1_000, items: 1)
    for _ in 0..<3 { dialogue.serviceSendsItem(1) }
    dialogue.says(.cancel(streamID: 1))
    dialogue.says(.cancel(streamID: 1))
    #expect(dialogue.events == ["request 1 task.watch", "cancel 1"])
    #expect(dialogue.pendingBytes == 0)
    dialogue.serviceSendsItem(1)
    dialogue.serviceSends(.error(1, WireError(.cancelled, "stopped")))
    #expect(dialogue.sent == ["item 1", "error 1 cancelled none"])
  }

  @Test func aCancelAfterTheResponseIsNoFault() throws {
    let dialogue = try ServerDialogue()
    dialogue.asks(1)
    dialogue.serviceSends(.response(1, Session()))
    dialogue.says(.cancel(streamID: 1))
    #expect(dialogue.failure == nil)
    #expect(dialogue.events == ["request 1 session.get"])
  }

  @Test func aDeadlineCancelsItsStreamAlone() throws {
    let dialogue = try ServerDialogue()
    dialogue.asks(1, timeoutMs: 100)
    dialogue.asks(3, timeoutMs: 300)
    dialogue.asks(5)
    #expect(dialogue.nextTick == dialogue.now + .milliseconds(100))
    dialogue.passes(.milliseconds(99))
    #expect(dialogue.events.count == 3)
    dialogue.passes(.milliseconds(1))
    #expect(dialogue.events.suffix(1) == ["cancel 1"])
    dialogue.passes(.milliseconds(500))
    #expect(dialogue.events.suffix(2) == ["cancel 1", "cancel 3"])
  }

  @Test func workThatExpiredInAQueueIsRefusedWithEffectNone() throws {
    let dialogue = try ServerDialogue()
    dialogue.asks(1, timeoutMs: 100)
    let request = dialogue.requests[0]
    #expect(request.expiry(dialogue.now + .milliseconds(99)) == nil)
    let error = request.expiry(dialogue.now + .milliseconds(100))
    #expect(error?.errorCode == .deadlineExceeded && error?.effect == Effect.none)
  }

  // MARK: Keepalive and handshake time

  @Test func aSilentPeerIsPingedThenGivenUp() throws {
    let dialogue = try ServerDialogue()
    dialogue.passes(.seconds(29))
    #expect(dialogue.takeSent().isEmpty)
    dialogue.passes(.seconds(1))
    #expect(dialogue.takeSent() == ["ping 0"])
    dialogue.says(OutboundFrame(type: .pong, streamID: 0, body: .plain(ByteBuffer(integer: UInt64(1)))))
    dialogue.passes(.seconds(30))
    #expect(dialogue.takeSent() == ["ping 0"])
    dialogue.passes(.seconds(10))
    #expect(dialogue.failure?.errorCode == .connectionLost)
  }

  @Test func aPingIsAnsweredWithItsOwnBytes() throws {
    let dialogue = try ServerDialogue()
    dialogue.says(.ping(77))
    #expect(dialogue.sent == ["pong 0"])
    dialogue.says(OutboundFrame(type: .ping, streamID: 0, body: .plain(ByteBuffer(repeating: 0, count: 7))))
    #expect(dialogue.failure?.errorCode == .badFrame)
  }

  @Test func aHandshakeHasFiveSeconds() throws {
    let dialogue = try ServerDialogue(open: false)
    dialogue.passes(.milliseconds(4_999))
    #expect(dialogue.failure == nil)
    dialogue.passes(.milliseconds(1))
    #expect(dialogue.failure?.errorCode == .handshakeTimeout)
  }

  // MARK: Abuse

  @Test func twoHundredCancelsInHalfAMinuteAreEnough() throws {
    let dialogue = try ServerDialogue()
    dialogue.asks(1)
    for _ in 0..<Limits.abuseCancels { dialogue.says(.cancel(streamID: 1)) }
    #expect(dialogue.failure == nil)
    dialogue.passes(.milliseconds(Limits.abuseWindowMs))
    for _ in 0..<Limits.abuseCancels { dialogue.says(.cancel(streamID: 1)) }
    #expect(dialogue.failure == nil)
    dialogue.says(.cancel(streamID: 1))
    #expect(dialogue.failure?.errorCode == .abuse)
  }

  @Test func twoHundredRefusedRequestsAreEnough() throws {
    let dialogue = try ServerDialogue(role: "viewer")
    for index in 0...UInt32(Limits.abuseErrors) { dialogue.asks(1 + 2 * index, .serverDrain) }
    #expect(dialogue.failure?.errorCode == .abuse)
  }

  @Test func twoHundredPingsAreEnough() throws {
    let dialogue = try ServerDialogue()
    for number in 0...UInt64(Limits.abuseControlFrames) { dialogue.says(.ping(number)) }
    #expect(dialogue.failure?.errorCode == .abuse)
  }

  @Test func creditThatPaysForItemsIsNoAbuseAndOtherCreditIs() throws {
    let dialogue = try ServerDialogue()
    dialogue.asks(1, .taskWatch, bytes: 1_000, items: 1)
    for _ in 0..<1_000 {
      dialogue.serviceSendsItem(1)
      dialogue.says(.credit(streamID: 1, bytes: 10, items: 1))
    }
    #expect(dialogue.failure == nil)
    for _ in 0...Limits.abuseControlFrames { dialogue.says(.credit(streamID: 1, bytes: 1, items: 1)) }
    #expect(dialogue.failure?.errorCode == .abuse)
  }

  @Test func oddFramesAreCountedForEver() throws {
    let dialogue = try ServerDialogue()
    let odd = FrameHeader(bodyLength: 0, type: 0x90, encoding: 0, flags: [], streamID: 0, rawLength: 0, bodyCRC: 0)
    for _ in 0..<Limits.abuseOddities {
      dialogue.says(.ignored(odd))
      dialogue.says(.ping(0))
      dialogue.passes(.seconds(20))
    }
    #expect(dialogue.failure == nil)
    dialogue.says(.ignored(odd))
    #expect(dialogue.failure?.errorCode == .abuse)
  }

  // MARK: The graceful end

  @Test func aGracefulEndIsAnnouncedThenFinal() throws {
    let dialogue = try ServerDialogue()
    dialogue.asks(1)
    dialogue.drains()
    #expect(dialogue.takeSent() == ["goAway \(UInt32.max)", "ping 0"])
    // Sent before the client saw GOAWAY: still served.
    dialogue.asks(3)
    #expect(dialogue.events.last == "request 3 session.get")
    dialogue.says(OutboundFrame(type: .pong, streamID: 0, body: .plain(ByteBuffer(integer: UInt64(0)))))
    #expect(dialogue.takeSent() == ["goAway 3"])
    dialogue.asks(5)
    #expect(dialogue.takeSent() == ["error 5 shutting_down none"])
    dialogue.serviceSends(.response(1, Session()))
    #expect(!dialogue.isDrained)
    dialogue.serviceSends(.response(3, Session()))
    #expect(dialogue.isDrained)
  }

  @Test func aClientThatDoesNotAnswerIsToldTheLastIdAnyway() throws {
    let dialogue = try ServerDialogue()
    dialogue.drains()
    _ = dialogue.takeSent()
    dialogue.passes(.seconds(1))
    #expect(dialogue.takeSent() == ["goAway 0"])
    #expect(dialogue.isDrained)
  }

  @Test func afterTheGraceEveryOpenStreamGetsItsError() throws {
    let dialogue = try ServerDialogue()
    for id: UInt32 in [1, 3] { dialogue.asks(id) }
    dialogue.abandons()
    #expect(dialogue.sent == ["error 1 shutting_down unknown", "error 3 shutting_down unknown"])
    #expect(dialogue.heldBytes == 0)
  }
}
