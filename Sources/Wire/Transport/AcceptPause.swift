import Guards
package import Logging
package import NIOCore

/// Keeps a listener that cannot accept from trying again at once, for ever: a process without descriptors to spare would do nothing else.
///
/// NIO's own `AcceptBackoffHandler` waits for the listener to ask for the next read, which it does not do after an error.
package final class AcceptPause: ChannelInboundHandler {
  package typealias InboundIn = any Channel

  /// For the listening channel, as `ServerBootstrap.serverChannelInitializer` wants it: after a failure it waits for a second, and
  /// says in the log why.
  package static func initializer(_ logger: Logger) -> @Sendable (any Channel) -> EventLoopFuture<Void> {
    { channel in
      channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(AcceptPause(logger)) }
    }
  }

  private let logger: Logger

  private init(_ logger: Logger) { self.logger = logger }

  package func errorCaught(context: ChannelHandlerContext, error: any Error) {
    if error is IOError, !Guard.accept.isOff {
      logger.warning("a connection cannot be accepted; trying again in a second", metadata: ["error": "\(error)"])
      let listener = context.channel
      listener.setOption(.autoRead, value: false).whenComplete { _ in
        listener.eventLoop.scheduleTask(in: .seconds(1)) { listener.setOption(.autoRead, value: true) }
      }
    }
    context.fireErrorCaught(error)
  }
}
