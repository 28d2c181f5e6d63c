import NIOCore
import NIOPosix

/// The whole answer, head and body, to a GET; read until the server closes.
public func httpGet(_ address: String, _ path: String) async throws -> String {
  let parts = address.split(separator: ":")
  let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton).connect(
    host: String(parts[0]), port: Int(parts[1]) ?? 0
  ) { channel in
    channel.eventLoop.makeCompletedFuture { try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel) }
  }
  return try await channel.executeThenClose { inbound, outbound in
    try await outbound.write(ByteBuffer(string: "GET \(path) HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n"))
    var text = ""
    for try await part in inbound { text += String(buffer: part) }
    return text
  }
}
