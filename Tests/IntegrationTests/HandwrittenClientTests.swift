import Crypto
import Foundation
import Testing
import Wire

/// A client can be written from docs/PROTOCOL.md: this one was, and the real kai-session serves it.
@Suite struct HandwrittenClientTests {
  /// Runs `body` with a kai-session that knows the connection 'shop', as the admin.
  private func withServer(_ body: (Int, KeyFile) async throws -> Void) async throws {
    let deployment = try await Deployment()
    try await deployment.addShop()
    try await body(try deployment.port, try KeyFile(parsing: String(contentsOfFile: deployment.adminKey, encoding: .utf8)))
  }

  @Test func theGoldenVectorsAreWhatAHandMakes() {
    let ping = HandFrame(type: HandFrame.Kind.ping, body: [0, 1, 2, 3, 4, 5, 6, 7])
    #expect(Data(ping.bytes).hex == "00000008060000000000000000000008" + "88aa689fbbb2df2e0001020304050607")
    let credit = HandFrame(type: HandFrame.Kind.credit, streamID: 3, body: [0, 1, 0, 0, 0, 0, 0, 0])
    #expect(Data(credit.bytes).hex == "00000008140000000000000300000008" + "c355d4ddc197d2cf0001000000000000")
  }

  @Test func aClientWrittenFromTheDocumentWorks() async throws {
    try await withServer { port, key in
      try await HandClient.run(port: port) { client in
        let ready = try await client.shakeHands(key)
        #expect(ready.number(3) == 1, "the admin's role")
        let limits = try HandMessage(ready.blobs[1] ?? [])
        #expect(limits.number(1) == 1 << 20 && limits.number(2) == 4 << 20 && limits.number(3) == 256, "the defaults")

        // session.create, twice with one idempotency key, then session.get.
        var create = HandProto()
        create.add(1, text: "shop")
        create.add(4, text: "by hand")
        let idempotencyKey = [UInt8]("a key that I made up".utf8)
        var ids: [String] = []
        for (streamID, flags) in [(UInt32(1), UInt16(0)), (3, 0x0100)] {
          await client.send(.request(streamID, method: 10, message: create.bytes, key: idempotencyKey))
          let answer = try #require(try await client.frame())
          #expect(answer.type == HandFrame.Kind.response && answer.streamID == streamID && answer.flags == flags)
          ids.append(try message(in: answer).text(1))
        }
        #expect(ids[0].wholeMatch(of: /sess_[0-9a-f]{12}/) != nil && ids[0] == ids[1])
        var get = HandProto()
        get.add(1, text: ids[0])
        await client.send(.request(5, method: 11, message: get.bytes))
        let session = try message(in: try #require(try await client.frame()))
        #expect(session.text(6) == "by hand" && session.number(5) == 100)

        // A stream: the watch of a session with no events has no items, and ends with CANCEL, however early that comes.
        var watch = HandProto()
        watch.add(1, text: ids[0])
        for streamID in stride(from: UInt32(7), to: 107, by: 2) {
          let cancel = HandFrame(type: HandFrame.Kind.cancel, streamID: streamID)
          await client.send(HandFrame.request(streamID, method: 46, message: watch.bytes).bytes + cancel.bytes)
          let end = try #require(try await client.frame())
          #expect(end.type == HandFrame.Kind.error && end.streamID == streamID)
          #expect(try HandMessage(end.body).number(1) == 503)
        }
      }
    }
  }

  @Test func creditThatComesRightBehindItsRequestCounts() async throws {
    try await withServer { port, key in
      try await HandClient.run(port: port) { client in
        try await client.shakeHands(key)
        var create = HandProto()
        create.add(1, text: "shop")
        await client.send(.request(1, method: 10, message: create.bytes, key: [1]))
        let session = try message(in: try #require(try await client.frame())).text(1)
        var submit = HandProto()
        submit.add(1, text: session)
        submit.add(2, text: "a question for nobody")
        await client.send(.request(3, method: 40, message: submit.bytes, key: [2]))
        let task = try message(in: try #require(try await client.frame())).text(1)

        // The task was queued: one event, for a watch without credit of its own.
        var watch = HandProto()
        watch.add(2, text: task)
        for streamID in stride(from: UInt32(5), to: 55, by: 2) {
          let credit = HandFrame(
            type: HandFrame.Kind.credit, streamID: streamID, body: Hand.big(UInt32(1 << 20)) + Hand.big(UInt32(1)))
          await client.send(HandFrame.request(streamID, method: 46, message: watch.bytes).bytes + credit.bytes)
          let event = try #require(try await client.frame())
          #expect(event.type == HandFrame.Kind.item && event.streamID == streamID)
          #expect(try message(in: event).number(2) == 1)
        }
      }
    }
  }

  @Test func whateverIsCancelledAtOnceStillGetsOneTerminalFrame() async throws {
    let deployment = try await Deployment()
    try await deployment.addShop()
    let agentKey = deployment.folder.file("agent.key")
    try await deployment.ctl("key", "create", "--role", "agent", "--name", "by-hand", "--file", agentKey).expectSuccess()
    let session = try await deployment.ctl("session", "create", "--connection", "shop").expectSuccess().line

    var named = HandProto()
    named.add(1, text: session)
    var put = named
    put.add(2, text: "never.bin")
    put.add(4, number: 1_000)
    put.add(5, bytes: [UInt8](repeating: 0, count: 32))
    var attach = HandProto()
    attach.add(1, text: "by hand")
    attach.add(2, number: 4)
    let calls: [(key: String, method: UInt64, message: [UInt8])] = [
      (deployment.adminKey, 1, []), (deployment.adminKey, 3, []), (deployment.adminKey, 11, named.bytes),
      (deployment.adminKey, 12, []), (deployment.adminKey, 31, named.bytes), (deployment.adminKey, 46, named.bytes),
      (deployment.adminKey, 100, put.bytes), (deployment.adminKey, 101, put.bytes), (agentKey, 31, named.bytes),
      (agentKey, 60, attach.bytes),
    ]
    for call in calls {
      let key = try KeyFile(parsing: String(contentsOfFile: call.key, encoding: .utf8))
      try await HandClient.run(port: try deployment.port) { client in
        try await client.shakeHands(key)
        let ids = Array(stride(from: UInt32(1), to: 41, by: 2))
        for id in ids {
          let cancel = HandFrame(type: HandFrame.Kind.cancel, streamID: id)
          let request = HandFrame.request(id, method: call.method, message: call.message, key: [UInt8(id)], items: 10)
          await client.send(request.bytes + cancel.bytes)
        }
        var ended: [UInt32] = []
        while ended.count < ids.count {
          let frame = try #require(try await client.frame(), "method \(call.method)")
          if [HandFrame.Kind.response, HandFrame.Kind.error].contains(frame.type) { ended.append(frame.streamID) }
        }
        #expect(ended.sorted() == ids, "method \(call.method)")
        await client.send(.ping(2))
        #expect(try await client.frame()?.type == HandFrame.Kind.pong, "method \(call.method): more than one end")
      }
    }
  }

  @Test func filesGoUpAndComeDownAtThePaceOfTheCredit() async throws {
    let chunks = (1...3).map { [UInt8](repeating: $0, count: 100 * 1024) }
    let content = Array(chunks.joined())
    try await withServer { port, key in
      try await HandClient.run(port: port) { client in
        try await client.shakeHands(key)
        var create = HandProto()
        create.add(1, text: "shop")
        await client.send(.request(1, method: 10, message: create.bytes, key: [1]))
        let session = try message(in: try #require(try await client.frame())).text(1)

        // artifact.put: the request, then the chunks, END on the last.
        var put = HandProto()
        put.add(1, text: session)
        put.add(2, text: "by/hand.bin")
        put.add(4, number: UInt64(content.count))
        put.add(5, bytes: [UInt8](SHA256.hash(data: content)))
        await client.send(.request(3, method: 100, message: put.bytes, key: [2]))
        for (number, chunk) in chunks.enumerated() {
          await client.send(
            HandFrame(
              type: HandFrame.Kind.upload, flags: number == 2 ? 0x0003 : 0x0002, streamID: 3,
              body: HandFrame.parts(head: [], message: [], attachment: chunk)))
        }
        var answer = try #require(try await client.frame())
        while answer.type == HandFrame.Kind.credit { answer = try #require(try await client.frame()) }
        #expect(answer.type == HandFrame.Kind.response && answer.streamID == 3)
        #expect(try message(in: answer).number(5) == content.count)

        // artifact.get with credit for one ITEM: it comes, then nothing until CREDIT.
        var get = HandProto()
        get.add(1, text: session)
        get.add(2, text: "by/hand.bin")
        await client.send(.request(5, method: 101, message: get.bytes, items: 1))
        var item = try #require(try await client.frame())
        var back: [UInt8] = []
        #expect(item.type == HandFrame.Kind.item && item.streamID == 5 && item.flags == 0x0002)
        #expect(try message(in: item).text(3) == "by/hand.bin")
        back += attachment(in: item)
        #expect(back.count < content.count)
        await client.send(.ping(1))
        #expect(try await client.frame()?.type == HandFrame.Kind.pong)
        await client.send(
          HandFrame(type: HandFrame.Kind.credit, streamID: 5, body: Hand.big(UInt32(1 << 20)) + Hand.big(UInt32(100))))
        item = try #require(try await client.frame())
        while item.type == HandFrame.Kind.item {
          back += attachment(in: item)
          item = try #require(try await client.frame())
        }
        #expect(item.type == HandFrame.Kind.response && item.streamID == 5)
        #expect(back == content)
      }
    }
  }
}

/// The message in a RESPONSE or an ITEM.
private func message(in frame: HandClient.Received) throws -> HandMessage {
  try HandMessage(Array(frame.body[messageRange(of: frame)]))
}

private func attachment(in frame: HandClient.Received) -> ArraySlice<UInt8> {
  frame.body[messageRange(of: frame).upperBound...]
}

private func messageRange(of frame: HandClient.Received) -> Range<Int> {
  let start = 8 + Int(Hand.number(frame.body[0..<2]))
  return start..<start + Int(Hand.number(frame.body[4..<8]))
}

extension Data {
  fileprivate var hex: String { map { String(format: "%02x", $0) }.joined() }
}
