import LoopbackHTTP
import Foundation
import Synchronization
import Testing

@testable import AgentService

@Suite struct HTTPClientTests {
  private let client = HTTPClient()

  private func request(_ url: String, _ change: (inout HTTPTimeouts) -> Void = { _ in }) -> HTTPRequest {
    var timeouts = HTTPTimeouts()
    change(&timeouts)
    return HTTPRequest(url: url, body: HTTPBody("{}".utf8), timeouts: timeouts)
  }

  /// The failure of a call, its body included; nil when it went well.
  private func failure(_ request: HTTPRequest) async -> HTTPFailure? {
    do throws(HTTPFailure) {
      _ = try await client.send(request).body()
      return nil
    } catch {
      return error
    }
  }

  @Test func aRequestArrivesWholeAndItsAnswerComesBack() async throws {
    try await LoopbackServer.run({ try await $0.answer("200 OK", ["X-Thing: Two Words "], "hello") }) { server in
      let body = String(repeating: "x", count: 300_000)
      let sent = HTTPRequest(
        url: server.url + "/path?q=1", headers: [HTTPHeader(name: "X-Key", value: "k")], body: HTTPBody(body.utf8))
      let response = try await client.send(sent)
      #expect(response.head.status == 200)
      #expect(response.head.headers["x-thing"] == "Two Words")
      #expect(try await response.body() == Array("hello".utf8))
      let arrived = try #require(server.requests.first)
      #expect(arrived.head.hasPrefix("POST /path?q=1 HTTP/1.1\r\n"))
      #expect(arrived.head.contains("X-Key: k"))
      #expect(!arrived.head.contains("Expect:"))
      #expect(arrived.body == body)
    }
  }

  @Test func aPieceIsReadableBeforeTheNextOneIsSent() async throws {
    let isRead = Mutex(false)
    try await LoopbackServer.run({ connection in
      try await connection.begin("text/plain")
      try await connection.send("first")
      try await eventually("the first piece was not read") { isRead.withLock { $0 } }
      try await connection.send("second")
    }) { server in
      let response = try await client.send(request(server.url))
      #expect(try await response.next() == Array("first".utf8))
      isRead.withLock { $0 = true }
      #expect(try await response.next() == Array("second".utf8))
      #expect(try await response.next() == nil)
    }
  }

  @Test func aRefusedConnectionIsUnreachable() async throws {
    let port = try await LoopbackServer.run({ _ in }) { $0.port }
    guard case .unreachable(let reason) = await failure(request("http://127.0.0.1:\(port)")) else {
      Issue.record("nothing listens there")
      return
    }
    #expect(reason.contains("127.0.0.1"))
  }

  @Test func aServerThatSaysNothingRunsIntoTheFirstByteLimit() async throws {
    try await LoopbackServer.run({ await $0.waitForClose() }) { server in
      #expect(await failure(request(server.url) { $0.firstByte = .milliseconds(150) }) == .timedOut(.firstByte))
      try await eventually("the connection stays open") { server.closedByPeer == 1 }
    }
  }

  @Test func aServerThatFallsSilentRunsIntoTheIdleLimit() async throws {
    try await LoopbackServer.run({ connection in
      try await connection.begin("text/plain")
      try await connection.send("half")
      await connection.waitForClose()
    }) { server in
      #expect(await failure(request(server.url) { $0.idle = .milliseconds(150) }) == .timedOut(.idle))
    }
  }

  @Test func aSlowDripRunsIntoTheTotalLimit() async throws {
    try await LoopbackServer.run({ connection in
      try await connection.begin("text/plain")
      while true {
        try await connection.send(".")
        try await Task.sleep(for: .milliseconds(20))
      }
    }) { server in
      let slow = request(server.url) {
        $0.idle = .seconds(5)
        $0.total = .milliseconds(300)
      }
      #expect(await failure(slow) == .timedOut(.total))
    }
  }

  @Test func anAnswerBeyondItsLimitIsCutOff() async throws {
    try await LoopbackServer.run({ connection in
      try await connection.begin("text/plain")
      for _ in 0..<1_000 { try await connection.send(String(repeating: "x", count: 10_000)) }
    }) { server in
      var sent = request(server.url)
      sent.maxResponseBytes = 50_000
      #expect(await failure(sent) == .tooLarge(limitBytes: 50_000))
    }
  }

  @Test func endlessHeadersAreCutOff() async throws {
    try await LoopbackServer.run({ connection in
      try await connection.send("HTTP/1.1 200 OK\r\n")
      for index in 0..<10_000 { try await connection.send("X-\(index): \(String(repeating: "y", count: 500))\r\n") }
    }) { server in
      #expect(await failure(request(server.url)) == .tooLarge(limitBytes: 64 * 1024))
    }
  }

  @Test func somethingThatIsNotHTTPIsBroken() async throws {
    try await LoopbackServer.run({ try await $0.send("\u{1}\u{2} what?\n\n") }) { server in
      guard case .broken = await failure(request(server.url)) else {
        Issue.record("garbage was taken for an answer")
        return
      }
    }
  }

  @Test(arguments: [true, false])
  func cancellingTheTaskClosesTheConnection(beforeTheHead: Bool) async throws {
    try await LoopbackServer.run({ connection in
      if !beforeTheHead { try await connection.begin("text/plain") }
      await connection.waitForClose()
    }) { server in
      let url = server.url
      let call = Task { await failure(request(url)) }
      try await eventually("the request did not arrive") { server.requests.count == 1 }
      call.cancel()
      #expect(await call.value == .cancelled)
      try await eventually("the connection stays open") { server.closedByPeer == 1 }
    }
  }

  @Test func lettingGoOfAnAnswerClosesTheConnection() async throws {
    try await LoopbackServer.run({ connection in
      try await connection.begin("text/plain")
      await connection.waitForClose()
    }) { server in
      let status = try await client.send(request(server.url)).head.status
      #expect(status == 200)
      try await eventually("the connection stays open") { server.closedByPeer == 1 }
    }
  }

  @Test func hundredsOfCallsWaitWithoutAThreadEach() async throws {
    let count = 400
    let isOpen = Mutex(false)
    try await LoopbackServer.run({ connection in
      try await eventually("the gate stayed shut") { isOpen.withLock { $0 } }
      try await connection.answer("200 OK", [], "ok")
    }) { server in
      let sent = request(server.url)
      _ = await failure(request("file:///etc/passwd"))
      let before = threads()
      try await withThrowingTaskGroup(of: HTTPFailure?.self) { group in
        for _ in 0..<count { group.addTask { await failure(sent) } }
        try await eventually("not all calls are in flight") { server.requests.count == count }
        #expect(threads() <= before + 8)
        isOpen.withLock { $0 = true }
        for try await failure in group { #expect(failure == nil) }
      }
    }
  }

  private func threads() -> Int {
    let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
    let line = status.split(separator: "\n").first { $0.hasPrefix("Threads:") }
    return line.flatMap { Int($0.dropFirst(8).trimmingCharacters(in: .whitespaces)) } ?? 0
  }

  @Test func aRedirectIsReturnedNotFollowed() async throws {
    try await LoopbackServer.run({ try await $0.answer("302 Found", ["Location: /elsewhere"]) }) { server in
      let response = try await client.send(request(server.url))
      #expect(response.head.status == 302)
      _ = try await response.body()
      #expect(server.requests.count == 1)
    }
  }

  @Test(arguments: ["file:///etc/passwd", "ftp://127.0.0.1/", "http://", "not an address\u{0}"])
  func anAddressThatIsNotHTTPIsRefused(url: String) async {
    guard case .badRequest = await failure(request(url)) else {
      Issue.record("\(url) was accepted")
      return
    }
  }

  @Test func aHeaderCannotSmuggleAnother() async throws {
    var sent = request("http://127.0.0.1:1")
    sent.headers = [HTTPHeader(name: "A", value: "b\r\nC: d")]
    #expect(await failure(sent) == .badRequest("the header 'A' holds a control character"))
  }

  @Test func aRequestNeverPrintsItsHeaders() {
    var sent = request("http://127.0.0.1:1")
    sent.headers = [HTTPHeader(name: "Authorization", value: "Bearer hush")]
    var dumped = ""
    dump(sent, to: &dumped)
    #expect(!"\(sent) \(String(reflecting: sent)) \(dumped)".contains("hush"))
  }

  @Test func aClosedClientEndsWhatIsInFlight() async throws {
    try await LoopbackServer.run({ await $0.waitForClose() }) { server in
      let driver = CurlDriver()
      let exchange = HTTPExchange()
      driver.start(request(server.url), exchange)
      try await eventually("the request did not arrive") { server.requests.count == 1 }
      driver.stop()
      await #expect(throws: HTTPFailure.cancelled) { try await exchange.head() }
      let late = HTTPExchange()
      driver.start(request(server.url), late)
      await #expect(throws: HTTPFailure.unreachable("the HTTP client is closed")) { try await late.head() }
    }
  }
}
