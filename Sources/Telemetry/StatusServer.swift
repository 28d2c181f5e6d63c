public import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization
public import Wire

/// A small HTTP listener for those who watch over a program: GET (and HEAD) of a few paths, each answered from memory.
///
/// NIO's own HTTP/1.1 codec and nothing more: three paths need no framework, and the listener adds no dependency to what a node runs.
public final class StatusServer: Sendable {
  public struct Reply: Sendable {
    public var status: Int
    public var type: String
    public var body: String

    public init(_ status: Int, _ body: String, type: String = "text/plain; charset=utf-8") {
      (self.status, self.type, self.body) = (status, type, body)
    }
  }

  public typealias Route = @Sendable () async -> Reply

  /// Connections at once; for one more, the oldest that waits for a request is closed, or else the oldest of all.
  static let connections = 64
  /// How long a whole request may take, from the connection's beginning or the answer before, and how long the reading of an answer.
  static let patience = TimeAmount.seconds(5)

  private let listener: any Channel
  private let open: StatusConnections
  public let host: String
  public let port: Int

  /// `host:port`
  public var address: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

  /// How many requests are being answered.
  var answering: Int { open.answering }

  private init(_ listener: any Channel, _ open: StatusConnections, host: String, port: Int) {
    (self.listener, self.open, self.host, self.port) = (listener, open, host, port)
  }

  /// The same at an address that may not be wanted at all; one that nobody asked for may be taken.
  /// - Returns: nil when there is none.
  public static func start(
    _ address: StatusAddress?, routes: [String: Route], logger: Logger
  ) async throws(WireError) -> StatusServer? {
    guard let address else { return nil }
    do throws(WireError) {
      return try await start(host: address.host, port: address.port, routes: routes, logger: logger)
    } catch {
      guard !address.isWanted else { throw error }
      logger.warning("no HTTP listener: the usual address is taken", metadata: ["error": "\(error.message)"])
      return nil
    }
  }

  /// - Parameter routes: by path.
  /// - Throws: `unavailable` when the address cannot be bound.
  public static func start(
    host: String, port: Int, routes: [String: Route], logger: Logger
  ) async throws(WireError) -> StatusServer {
    try await start(host: host, port: port, routes: routes, logger: logger, patience: patience)
  }

  static func start(
    host: String, port: Int, routes: [String: Route], logger: Logger, patience: TimeAmount
  ) async throws(WireError) -> StatusServer {
    let open = StatusConnections(most: connections)
    do {
      let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
        .serverChannelInitializer(AcceptPause.initializer(logger))
        .childChannelOption(.allowRemoteHalfClosure, value: true)
        .childChannelInitializer { channel in
          open.enter(channel)
          channel.closeFuture.whenComplete { _ in open.leave(channel) }
          return channel.eventLoop.makeCompletedFuture {
            let pipeline = channel.pipeline.syncOperations
            try pipeline.configureHTTPServerPipeline(withPipeliningAssistance: true, withErrorHandling: true)
            try pipeline.addHandler(StatusHandler(routes, open, patience))
          }
        }
        .bind(host: host, port: port).get()
      let local = listener.localAddress
      let server = StatusServer(listener, open, host: local?.ipAddress ?? host, port: local?.port ?? port)
      logger.info("status", metadata: ["http": "\(server.address)"])
      return server
    } catch {
      throw WireError(
        .unavailable, "cannot listen on \(host):\(port) for HTTP: \(error)",
        hint: "Choose another address with --http, or switch it off with --http off.")
    }
  }

  public func stop() async { try? await listener.close().get() }
}

/// What is open, the oldest first.
private final class StatusConnections: Sendable {
  private struct Entry {
    let channel: any Channel
    /// A whole request is here and is being answered.
    var isAnswering = false
  }

  private let most: Int
  private let entries = Mutex<[Entry]>([])

  var answering: Int { entries.withLock { $0.count { $0.isAnswering } } }

  init(most: Int) { self.most = most }

  func enter(_ channel: any Channel) {
    let oldest = entries.withLock { entries -> (any Channel)? in
      defer { entries.append(Entry(channel: channel)) }
      guard entries.count >= most else { return nil }
      return entries.remove(at: entries.firstIndex { !$0.isAnswering } ?? 0).channel
    }
    oldest?.close(promise: nil)
  }

  func answers(_ channel: any Channel, _ isAnswering: Bool) {
    entries.withLock { entries in
      if let index = entries.firstIndex(where: { $0.channel === channel }) { entries[index].isAnswering = isAnswering }
    }
  }

  func leave(_ channel: any Channel) { entries.withLock { $0.removeAll { $0.channel === channel } } }
}

private final class StatusHandler: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  private let routes: [String: StatusServer.Route]
  private let open: StatusConnections
  private let patience: TimeAmount
  private var head: HTTPRequestHead?
  private var deadline: Scheduled<Void>?
  private var isAnswering = false
  /// The peer sends nothing more; it may still want its answer.
  private var hasPeerFinished = false

  init(_ routes: [String: StatusServer.Route], _ open: StatusConnections, _ patience: TimeAmount) {
    (self.routes, self.open, self.patience) = (routes, open, patience)
  }

  func channelActive(context: ChannelHandlerContext) {
    wait(context)
    context.fireChannelActive()
  }

  func channelInactive(context: ChannelHandlerContext) {
    deadline?.cancel()
    context.fireChannelInactive()
  }

  /// Closes the connection unless what is due from the peer comes in time: a whole request, or the reading of an answer.
  private func wait(_ context: ChannelHandlerContext) {
    let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
    deadline = context.eventLoop.scheduleTask(in: patience) { bound.value.close(promise: nil) }
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head): self.head = head
    case .body: break
    case .end:
      guard let head else { return }
      self.head = nil
      deadline?.cancel()
      isAnswering = true
      open.answers(context.channel, true)
      answer(head, context)
    }
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if case .inputClosed? = event as? ChannelEvent {
      hasPeerFinished = true
      if !isAnswering { context.close(promise: nil) }
    }
    context.fireUserInboundEventTriggered(event)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

  private func answer(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
    let path = String(head.uri.prefix { $0 != "?" })
    guard head.method == .GET || head.method == .HEAD else {
      return send(StatusServer.Reply(405, "only GET\n"), head, context)
    }
    guard let route = routes[path] else {
      let known = routes.keys.sorted().joined(separator: "\n")
      return send(StatusServer.Reply(404, "there is nothing here; there is:\n\(known)\n"), head, context)
    }
    let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
    let loop = context.eventLoop
    Task {
      let reply = await route()
      loop.execute {
        let (handler, context) = bound.value
        handler.send(reply, head, context)
      }
    }
  }

  private func send(_ reply: StatusServer.Reply, _ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
    var response = HTTPResponseHead(version: head.version, status: .init(statusCode: reply.status))
    response.headers.add(name: "Content-Type", value: reply.type)
    response.headers.add(name: "Content-Length", value: "\(reply.body.utf8.count)")
    if reply.status == 405 { response.headers.add(name: "Allow", value: "GET, HEAD") }
    if !head.isKeepAlive { response.headers.add(name: "Connection", value: "close") }
    context.write(wrapOutboundOut(.head(response)), promise: nil)
    if head.method != .HEAD { context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: reply.body)))), promise: nil) }
    wait(context)
    let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
    context.writeAndFlush(wrapOutboundOut(.end(nil))).whenComplete { _ in
      let (handler, context) = bound.value
      handler.deadline?.cancel()
      handler.isAnswering = false
      handler.open.answers(context.channel, false)
      if !head.isKeepAlive || handler.hasPeerFinished { context.close(promise: nil) } else { handler.wait(context) }
    }
  }
}
