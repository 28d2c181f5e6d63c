import NIOCore

/// One connection of a ``LoopbackServer``, with its request read.
public final class LoopbackConnection {
  /// 1 for the server's first request.
  public var number = 0
  /// What was asked.
  public var request: LoopbackServer.Request?
  private var inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
  private let outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
  private let closed: () -> Void

  init(
    _ inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator,
    _ outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>, closed: @escaping () -> Void
  ) {
    self.inbound = inbound
    self.outbound = outbound
    self.closed = closed
  }

  public func send(_ text: String) async throws {
    try await outbound.write(ByteBuffer(string: text))
  }

  /// A whole answer.
  public func answer(_ status: String, _ headers: [String] = [], _ body: String = "") async throws {
    let lines = ["HTTP/1.1 \(status)", "Content-Length: \(body.utf8.count)", "Connection: close"] + headers
    try await send(lines.joined(separator: "\r\n") + "\r\n\r\n" + body)
  }

  /// The head of an answer whose body ends with the connection.
  public func begin(_ contentType: String) async throws {
    try await send("HTTP/1.1 200 OK\r\nContent-Type: \(contentType)\r\nConnection: close\r\n\r\n")
  }

  /// An event stream of these data lines.
  public func stream(_ data: [String]) async throws {
    try await begin("text/event-stream")
    for line in data { try await send("data: \(line)\n\n") }
  }

  /// Says nothing more until the client closes the connection.
  public func waitForClose() async {
    do {
      while try await inbound.next(isolation: nil) != nil {}
    } catch {}
    if !Task.isCancelled { closed() }
  }

  func readRequest() async throws -> LoopbackServer.Request? {
    var text = ""
    while let bytes = try await inbound.next(isolation: nil) {
      text += String(buffer: bytes)
      guard let end = text.firstRange(of: "\r\n\r\n") else { continue }
      let head = String(text[..<end.lowerBound])
      let body = String(text[end.upperBound...])
      let length = head.split(separator: "\r\n").first { $0.lowercased().hasPrefix("content-length:") }
        .flatMap { Int($0.dropFirst(15).trimmingPrefix(" ")) }
      if body.utf8.count >= length ?? 0 { return LoopbackServer.Request(head: head, body: body, at: .now) }
    }
    return nil
  }
}
