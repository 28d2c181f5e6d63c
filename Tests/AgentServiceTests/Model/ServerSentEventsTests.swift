import Testing

@testable import AgentService

@Suite struct ServerSentEventsTests {
  private func parse(_ text: String, piece: Int = .max) throws -> [ServerSentEvent] {
    var parser = ServerSentEvents()
    var events: [ServerSentEvent] = []
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      events += try parser.feed(rest.prefix(piece))
      rest = rest.dropFirst(piece)
    }
    if let last = parser.finish() { events.append(last) }
    return events
  }

  private func data(_ text: String) throws -> [String] { try parse(text).map(\.data) }

  @Test func linesEndWithAnyOfTheThreeLineEnds() throws {
    for end in ["\n", "\r\n", "\r"] {
      #expect(try data("data: a\(end)\(end)data: b\(end)\(end)") == ["a", "b"])
    }
    #expect(try data("data: a\r\n\ndata: b\r\r\n") == ["a", "b"])
  }

  @Test func whereTheBytesAreSplitChangesNothing() throws {
    let text = "\u{feff}: hello\r\nevent: x\r\ndata: é\r\ndata: 🙂\r\n\r\n\ndata:b\rdata\r\rid: 1\n\ndata: [DONE]\n\ndata: end"
    let whole = try parse(text)
    #expect(
      whole == [
        ServerSentEvent(name: "x", data: "é\n🙂"), ServerSentEvent(data: "b\n"), ServerSentEvent(data: "[DONE]"),
        ServerSentEvent(data: "end"),
      ])
    for piece in 1...text.utf8.count { #expect(try parse(text, piece: piece) == whole) }
    let bytes = Array(text.utf8)
    for split in bytes.indices {
      var parser = ServerSentEvents()
      var events = try parser.feed(bytes[..<split]) + parser.feed(bytes[split...])
      if let last = parser.finish() { events.append(last) }
      #expect(events == whole)
    }
  }

  @Test func onlyOneSpaceIsTakenFromAValue() throws {
    #expect(try data("data:  two\n\ndata:none\n\n") == [" two", "none"])
  }

  @Test func commentsAndUnknownFieldsMakeNoEvent() throws {
    #expect(try data(": ping\n\n: ping\n\nretry: 10\nid: 3\nother\n\n") == [])
  }

  @Test func anEventsNameDoesNotOutliveIt() throws {
    #expect(try parse("event: error\ndata: a\n\ndata: b\n\n").map(\.name) == ["error", "message"])
    #expect(try parse("event: error\n\ndata: b\n\n").map(\.name) == ["message"])
  }

  @Test func anEventBeyondTheLimitIsRefused() throws {
    var parser = ServerSentEvents(maxEventBytes: 100)
    #expect(throws: ServerSentEventsOverflow(limitBytes: 100)) {
      try parser.feed(Array(("data: " + String(repeating: "x", count: 100)).utf8))
    }
    var lines = ServerSentEvents(maxEventBytes: 100)
    #expect(throws: ServerSentEventsOverflow.self) {
      for _ in 0..<20 { _ = try lines.feed(Array("data: 1234\n".utf8)) }
    }
  }

  @Test func keepAlivesDoNotAddUpToALargeEvent() throws {
    var parser = ServerSentEvents(maxEventBytes: 100)
    for _ in 0..<1_000 { #expect(try parser.feed(Array(": keep-alive\n".utf8)).isEmpty) }
    #expect(try parser.feed(Array("data: a\n\n".utf8)) == [ServerSentEvent(data: "a")])
  }
}
