import NIOCore
import Wire

@testable import SessionService

/// One connection through the simulated network: what is sent arrives in order and late, until the connection is cut. A cut may
/// be noticed by either end much later.
final class SimLink {
  /// The server's end.
  final class ServerEnd: ServerConnection, @unchecked Sendable {
    // Confined to the simulation's thread.
    let id: UInt64
    let principal: Principal
    let remoteAddress = "sim:1"
    private weak var link: SimLink?
    init(id: UInt64, principal: Principal, link: SimLink) {
      self.id = id
      self.principal = principal
      self.link = link
    }
    func send(_ outbound: [Outbound]) { link?.fromServer(outbound) }
    func grantUpload(streamID: UInt32, bytes: UInt32) {}
    func close(_ reason: WireError) { link?.cut() }
  }

  struct Item {
    let message: ByteBuffer
    let attachment: ByteBuffer
  }

  /// What the client does with a stream's frames; `ended` is called once, at the latest when the connection is seen to be lost.
  private struct Stream {
    var item: (Item) -> Void = { _ in }
    let ended: (Result<ByteBuffer, WireError>) -> Void
  }

  let id: UInt64
  private(set) var serverEnd: ServerEnd!
  private let world: SimWorld
  private let server: SimServer
  private let onLost: () -> Void
  private var streams: [UInt32: Stream] = [:]
  private var nextStream: UInt32 = 1
  private var isCut = false
  private var isLost = false
  private var toServerAtMs: Int64 = 0
  private var toClientAtMs: Int64 = 0

  init(id: UInt64, principal: Principal, world: SimWorld, server: SimServer, onLost: @escaping () -> Void) {
    self.id = id
    self.world = world
    self.server = server
    self.onLost = onLost
    serverEnd = ServerEnd(id: id, principal: principal, link: self)
  }

  // MARK: The client's end

  func call<Q: WireMessage>(
    _ method: Method, _ request: Q, attachment: ByteBuffer = ByteBuffer(), key: [UInt8] = [], item: ((Item) -> Void)? = nil,
    ended: @escaping (Result<ByteBuffer, WireError>) -> Void
  ) {
    let stream = nextStream
    nextStream += 2
    guard !isLost else { return ended(.failure(WireError(.connectionLost, "the link is lost", effect: .none))) }
    streams[stream] = Stream(item: item ?? { _ in }, ended: ended)
    var message = ByteBuffer()
    request.encode(into: &message)
    let inbound = InboundRequest(
      streamID: stream, method: method,
      head: .with {
        $0.method = method.rawValue
        $0.idempotencyKey = key
        $0.initialBytes = .max
        $0.initialItems = .max
      }, message: message, attachment: attachment, principal: serverEnd.principal, deadline: nil)
    toServerAtMs = max(toServerAtMs, world.nowMs + delay())
    world.after(toServerAtMs - world.nowMs) { [self] in
      if !isCut { server.arrived(.request(inbound), on: self) }
    }
  }

  // MARK: The network

  private func delay() -> Int64 { world.chance(3) ? world.random(50...1_500) : world.random(1...20) }

  fileprivate func fromServer(_ outbound: [Outbound]) {
    guard !isCut else { return }
    toClientAtMs = max(toClientAtMs, world.nowMs + delay())
    world.after(toClientAtMs - world.nowMs) { [self] in
      guard !isCut else { return }
      for frame in outbound { deliver(frame) }
    }
  }

  private func deliver(_ frame: Outbound) {
    switch frame.kind {
    case .item:
      streams[frame.streamID]?.item(Item(message: frame.message, attachment: frame.attachment))
    case .response:
      streams.removeValue(forKey: frame.streamID)?.ended(.success(frame.message))
    case .error:
      let error = (try? WireError(decoding: frame.message)) ?? WireError(.badMessage, "not an error")
      streams.removeValue(forKey: frame.streamID)?.ended(.failure(error))
    }
  }

  /// Nothing passes any more. Either end notices at once, or only when its keepalive fails.
  func cut(serverIsDead: Bool = false) {
    guard !isCut else { return }
    isCut = true
    let isHalfOpen = world.chance(30)
    if !serverIsDead { world.after(isHalfOpen ? world.random(1_000...40_000) : 1) { [self] in server.lost(self) } }
    world.after(isHalfOpen ? world.random(1_000...12_000) : world.random(1...50)) { [self] in lose() }
  }

  private func lose() {
    guard !isLost else { return }
    isLost = true
    let open = streams.sorted { $0.key < $1.key }.map(\.value)
    streams = [:]
    for stream in open { stream.ended(.failure(WireError(.connectionLost, "the link broke", effect: .unknown))) }
    onLost()
  }
}
