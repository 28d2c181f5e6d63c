import NIOCore
import NIOHTTP1
import NIOPosix
public import Wire

/// Asks a program's own status address how it is, so that a container's health check needs no other program.
public enum Probe {
  /// - Parameter path: such as `/readyz`.
  /// - Throws: `unavailable` when nobody answers with 200 within five seconds.
  public static func ask(_ address: StatusAddress, _ path: String) async throws(WireError) {
    // A listener on all addresses answers on loopback.
    let host = ["0.0.0.0", "::", ""].contains(address.host) ? (address.host == "::" ? "::1" : "127.0.0.1") : address.host
    let promise = MultiThreadedEventLoopGroup.singleton.any().makePromise(of: Int.self)
    let timer = promise.futureResult.eventLoop.scheduleTask(in: .seconds(5)) {
      promise.fail(ChannelError.connectTimeout(.seconds(5)))
    }
    defer { timer.cancel() }
    let status: Int
    do {
      let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        .connectTimeout(.seconds(5))
        .channelInitializer { channel in
          channel.eventLoop.makeCompletedFuture {
            try channel.pipeline.syncOperations.addHTTPClientHandlers()
            try channel.pipeline.syncOperations.addHandler(StatusReader(promise))
          }
        }
        .connect(host: host, port: address.port).get()
      var head = HTTPRequestHead(version: .http1_1, method: .GET, uri: path)
      head.headers.add(name: "Host", value: host)
      head.headers.add(name: "Connection", value: "close")
      channel.write(HTTPClientRequestPart.head(head), promise: nil)
      channel.writeAndFlush(HTTPClientRequestPart.end(nil), promise: nil)
      status = try await promise.futureResult.get()
    } catch {
      promise.fail(error)
      throw WireError(.unavailable, "nobody answers at http://\(host):\(address.port)\(path): \(error)")
    }
    guard status == 200 else { throw WireError(.unavailable, "\(path) says \(status)") }
  }
}

private final class StatusReader: ChannelInboundHandler {
  typealias InboundIn = HTTPClientResponsePart
  private let promise: EventLoopPromise<Int>

  init(_ promise: EventLoopPromise<Int>) { self.promise = promise }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard case .head(let head) = unwrapInboundIn(data) else { return }
    promise.succeed(Int(head.status.code))
  }

  func channelInactive(context: ChannelHandlerContext) { promise.fail(ChannelError.eof) }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    promise.fail(error)
    context.close(promise: nil)
  }
}
