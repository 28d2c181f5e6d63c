import NIOCore
import Wire

@testable import SessionService

/// A client that connects again when its link is lost, and repeats what may be repeated, as the real one does.
final class SimClient {
  private let world: SimWorld
  private let server: SimServer
  private let principal: Principal
  private let faults: SimFaults
  private(set) var link: SimLink?
  private var isClosed = false
  /// Until when nothing gets through to the server or back.
  private var cutOffUntilMs: Int64 = 0
  /// Called when a link is there again.
  var onConnected: () -> Void = {}
  var onLost: () -> Void = {}

  init(_ principal: Principal, world: SimWorld, server: SimServer, faults: SimFaults) {
    self.principal = principal
    self.world = world
    self.server = server
    self.faults = faults
    connectLater(1)
  }

  private func connectLater(_ delayMs: Int64) {
    world.after(delayMs) { [weak self] in self?.connect() }
  }

  private func connect() {
    guard !isClosed, link == nil else { return }
    if world.nowMs >= cutOffUntilMs { link = server.connect(principal) { [weak self] in self?.linkLost() } }
    guard link != nil else { return connectLater(world.random(50...500)) }
    onConnected()
  }

  private func linkLost() {
    link = nil
    guard !isClosed else { return }
    onLost()
    connectLater(world.random(20...400))
  }

  /// The network between this client and the server is gone for a while. A connection may outlive it, or not.
  func cutOff(forMs duration: Int64) {
    cutOffUntilMs = world.nowMs + duration
    if world.chance(50) { link?.stall(untilMs: cutOffUntilMs) } else { link?.cut(swallows: true) }
  }

  func close() {
    isClosed = true
    link?.cut()
    link = nil
  }

  /// Repeats the call with the same idempotency key until it is answered, or `untilMs` has come.
  func call<Q: WireMessage>(
    _ method: Method, _ request: Q, attachment: ByteBuffer = ByteBuffer(), key: [UInt8]? = nil, untilMs: @escaping () -> Int64,
    ended: @escaping (Result<ByteBuffer, WireError>) -> Void
  ) {
    guard !isClosed else { return }
    guard world.nowMs < untilMs() else {
      return ended(.failure(WireError(.deadlineExceeded, "no answer came in time", effect: .unknown)))
    }
    let mutates = method.rule.mutates
    let used = key ?? (mutates ? world.bytes(16) : [])
    guard let link else {
      world.after(world.random(20...200)) { [self] in
        call(method, request, attachment: attachment, key: used, untilMs: untilMs, ended: ended)
      }
      return
    }
    link.call(method, request, attachment: attachment, key: used) { [self] result in
      guard !isClosed else { return }
      if case .failure(let error) = result, error.retry == .reconnect || error.retry == .sameConnection {
        let next = faults.forgetsIdempotencyKeys ? nil : used
        world.after(world.random(20...300)) { [self] in
          call(method, request, attachment: attachment, key: next, untilMs: untilMs, ended: ended)
        }
        return
      }
      ended(result)
    }
  }
}
