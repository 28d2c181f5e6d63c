import JSON
import Logging
import NIOCore
import NIOPosix
import Testing
import Wire

@testable import Telemetry

@Suite struct StatusServerTests {
  private func withServer(
    patience: TimeAmount = StatusServer.patience, _ body: (StatusServer) async throws -> Void
  ) async throws {
    let server = try await StatusServer.start(
      host: "127.0.0.1", port: 0,
      routes: [
        "/readyz": { .init(200, "ready\n") }, "/down": { .init(503, "down\n") },
        "/large": { .init(200, String(repeating: "x", count: 8 << 20)) },
      ],
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, patience: patience)
    try await body(server)
    await server.stop()
  }

  /// Whether something comes true within 20 seconds.
  private func eventually(_ isTrue: () -> Bool) async throws -> Bool {
    let start = ContinuousClock.now
    while !isTrue(), start.duration(to: .now) < .seconds(20) { try await Task.sleep(for: .milliseconds(20)) }
    return isTrue()
  }

  /// Everything that comes back for these bytes, until the server closes.
  private func answer(_ bytes: String, _ server: StatusServer) async throws -> String {
    let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton).connect(
      host: server.host, port: server.port
    ) { channel in
      channel.eventLoop.makeCompletedFuture { try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel) }
    }
    return try await channel.executeThenClose { inbound, outbound in
      try await outbound.write(ByteBuffer(string: bytes))
      var text = ""
      for try await part in inbound { text += String(buffer: part) }
      return text
    }
  }

  @Test func slowPeersDoNotKeepOthersOut() async throws {
    try await withServer { server in
      var slow: [any Channel] = []
      for _ in 0..<StatusServer.connections * 2 {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton).connect(
          host: server.host, port: server.port
        ).get()
        try await channel.writeAndFlush(ByteBuffer(string: "GET /readyz HTTP/1.1\r\n"))
        slow.append(channel)
      }
      let ready = try await answer("GET /readyz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", server)
      #expect(ready.hasPrefix("HTTP/1.1 200 OK"))
      for channel in slow { try? await channel.close() }
    }
  }

  /// Who reads nothing has to go as well: for one more at once, and after a while in any case.
  @Test(arguments: [true, false]) func peersThatReadNothingDoNotKeepOthersOut(_ isPatient: Bool) async throws {
    try await withServer(patience: isPatient ? .minutes(5) : .milliseconds(500)) { server in
      var deaf: [any Channel] = []
      for _ in 0..<StatusServer.connections {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
          .channelOption(.autoRead, value: false)
          .connect(host: server.host, port: server.port).get()
        try await channel.writeAndFlush(ByteBuffer(string: "GET /large HTTP/1.1\r\nHost: a\r\n\r\n"))
        deaf.append(channel)
      }
      if isPatient { #expect(try await eventually { server.answering == StatusServer.connections }) }
      let ready = try await answer("GET /readyz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", server)
      #expect(ready.hasPrefix("HTTP/1.1 200 OK"))
      if !isPatient { #expect(try await eventually { server.answering == 0 }) }
      for channel in deaf { try? await channel.close() }
    }
  }

  @Test func whoeverSendsNothingMoreGetsItsAnswer() async throws {
    try await withServer { server in
      let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        .channelOption(.allowRemoteHalfClosure, value: true)
        .connect(host: server.host, port: server.port) { channel in
          channel.eventLoop.makeCompletedFuture {
            try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
          }
        }
      let text = try await channel.executeThenClose { inbound, outbound in
        try await outbound.write(ByteBuffer(string: "GET /readyz HTTP/1.1\r\nHost: a\r\n\r\n"))
        try await channel.channel.close(mode: .output)
        var text = ""
        for try await part in inbound { text += String(buffer: part) }
        return text
      }
      #expect(text.hasSuffix("ready\n"))
    }
  }

  @Test func itAnswersWhatItKnows() async throws {
    try await withServer { server in
      let ready = try await answer("GET /readyz?x=1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", server)
      #expect(ready.hasPrefix("HTTP/1.1 200 OK\r\n") && ready.hasSuffix("\r\n\r\nready\n"))
      let head = try await answer("HEAD /readyz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", server)
      #expect(head.contains("Content-Length: 6") && head.hasSuffix("\r\n\r\n"))
      #expect(try await answer("GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", server).hasPrefix("HTTP/1.1 404"))
      #expect(
        try await answer("POST /readyz HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", server)
          .hasPrefix("HTTP/1.1 405"))
      let two = try await answer(
        "GET /readyz HTTP/1.1\r\nHost: a\r\n\r\nGET /down HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", server)
      #expect(two.contains("200 OK") && two.contains("503"))
      let garbage = try await answer("\u{1}\u{2} nonsense\r\n\r\n", server)
      #expect(garbage.isEmpty || garbage.hasPrefix("HTTP/1.1 400") || garbage.hasPrefix("HTTP/1.0 400"))
      #expect(try await answer("GET /readyz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", server).contains("200 OK"))
    }
  }

  @Test func aProbeTellsWellFromNotWell() async throws {
    var address: StatusAddress?
    try await withServer { server in
      address = try StatusAddress.parse(server.address, standard: nil)
      let known = try #require(address)
      try await Probe.ask(known, "/readyz")
      let error = await #expect(throws: WireError.self) { try await Probe.ask(known, "/down") }
      #expect(error?.message == "/down says 503")
    }
    let gone = try #require(address)
    await #expect(throws: WireError.self) { try await Probe.ask(gone, "/readyz") }
  }

  @Test func anAddressThatNobodyAskedForMayBeTaken() async throws {
    try await withServer { server in
      let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
      let usual = try StatusAddress.parse(nil, standard: server.address)
      #expect(try await StatusServer.start(usual, routes: [:], logger: logger) == nil)
      let wanted = try StatusAddress.parse(server.address, standard: "127.0.0.1:1")
      await #expect(throws: WireError.self) { _ = try await StatusServer.start(wanted, routes: [:], logger: logger) }
    }
    #expect(try StatusAddress.parse("off", standard: "127.0.0.1:1") == nil)
    #expect(try StatusAddress.parse("[::1]:80", standard: nil) == StatusAddress(host: "::1", port: 80, isWanted: true))
    for text in ["80", ":80", "host:", "host:99999"] {
      #expect(throws: WireError.self) { try StatusAddress.parse(text, standard: nil) }
    }
  }

  @Test func aLogLineIsOneJSONObject() throws {
    let event = LogEvent(
      level: .warning, message: "a \"quoted\"\nline\u{1}", metadata: ["path": "C:\\x", "level": "mine"], source: "s", file: "f",
      function: "g",
      line: 1)
    let metadata = (event.metadata ?? [:]).merging(["node": "n1"]) { $1 }
    let line = LogJSON.line(event, "kai", metadata, at: "2026-01-01T00:00:00.000000Z")
    #expect(!line.contains("\n"))
    let json = try JSONValue(parsing: line)
    #expect(json["message"] == "a \"quoted\"\nline\u{1}" && json["level"] == "warning" && json["_level"] == "mine")
    #expect(json["path"] == "C:\\x" && json["node"] == "n1" && json["time"] == "2026-01-01T00:00:00.000000Z")
  }
}
