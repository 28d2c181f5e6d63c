import NIOCore
import Wire

@testable import SessionService

/// One connection through the simulated network: what is sent arrives in order and late, until the connection is cut.
///
/// Either end may notice a cut much later. What was under way may still arrive until it does, even when the client has given
/// the connection up meanwhile and said the same again on another: so requests come twice, and out of order.
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
  private var toServer = Direction()
  private var toClient = Direction()

  private struct Direction {
    /// When the newest message arrives; none overtakes another.
    var lastAtMs: Int64 = 0
    /// Whether what was under way when the connection was cut arrives nevertheless.
    var deliversLate = false
  }

  init(id: UInt64, principal: Principal, world: SimWorld, server: SimServer, onLost: @escaping () -> Void) {
    self.id = id
    self.world = world
    self.server = server
    self.onLost = onLost
    serverEnd = ServerEnd(id: id, principal: principal, link: self)
    world.atEnd { [weak self] in self?.streams = [:] }
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
    guard !isCut else { return }
    deliver(\.toServer) { link, isLate in
      if isLate { link.world.inject(link.isLost ? "request that came after it was given up" : "late request") }
      link.server.arrived(.request(inbound), on: link)
    }
  }

  // MARK: The network

  private func delay() -> Int64 { world.chance(3) ? world.random(50...1_500) : world.random(1...20) }

  /// Carries a message to the other end.
  private func deliver(
    _ direction: ReferenceWritableKeyPath<SimLink, Direction>, _ arrive: @escaping (SimLink, _ isLate: Bool) -> Void
  ) {
    let atMs = max(self[keyPath: direction].lastAtMs, world.nowMs + delay())
    self[keyPath: direction].lastAtMs = atMs
    world.after(atMs - world.nowMs) { [self] in
      guard isCut else { return arrive(self, false) }
      guard self[keyPath: direction].deliversLate else { return }
      let lateAtMs = max(self[keyPath: direction].lastAtMs, world.nowMs + world.random(0...4_000))
      self[keyPath: direction].lastAtMs = lateAtMs
      world.after(lateAtMs - world.nowMs) { [self] in arrive(self, true) }
    }
  }

  fileprivate func fromServer(_ outbound: [Outbound]) {
    guard !isCut else { return }
    deliver(\.toClient) { link, isLate in
      guard !link.isLost else { return }
      if isLate { link.world.inject("late answer") }
      for frame in outbound { link.deliver(frame) }
    }
  }

  /// Nothing arrives before this moment; then all of it does.
  func stall(untilMs moment: Int64) {
    toServer.lastAtMs = max(toServer.lastAtMs, moment)
    toClient.lastAtMs = max(toClient.lastAtMs, moment)
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

  /// Nothing more gets through. Either end notices at once, or, when the connection just swallows everything, only when its
  /// keepalive fails.
  func cut(serverIsDead: Bool = false, swallows: Bool? = nil) {
    guard !isCut else { return }
    isCut = true
    let isHalfOpen = swallows ?? world.chance(30)
    if isHalfOpen { world.inject("half-open link") }
    if !serverIsDead {
      toServer.deliversLate = world.chance(30)
      let noticesLate = isHalfOpen || toServer.deliversLate
      world.after(noticesLate ? world.random(1_000...40_000) : 1) { [self] in server.lost(self) }
    }
    toClient.deliversLate = isHalfOpen && world.chance(30)
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
