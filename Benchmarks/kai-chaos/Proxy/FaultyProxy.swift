import NIOCore
import NIOPosix
import Synchronization
import WireFuzz
import Wire

/// A TCP proxy on loopback between everybody and kai-session, whose links fail as their plans say.
final class FaultyProxy: Sendable {
  private struct State {
    var target = 0
    var dice: SeededGenerator
    var isCalm = true
    var links: [ObjectIdentifier: ProxyLink] = [:]
  }

  private let state: Mutex<State>
  private let counters: Counters
  private let listener = Mutex<(any Channel)?>(nil)

  init(seed: UInt64, counters: Counters) {
    state = Mutex(State(dice: SeededGenerator(seed: seed ^ 0x9809)))
    self.counters = counters
  }

  /// Listens.
  /// - Returns: the port.
  func start() async throws -> Int {
    let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .serverChannelOption(.backlog, value: 1_024)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelOption(.autoRead, value: false)
      .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
      .childChannelInitializer { [self] client in accept(client) }
      .bind(host: "127.0.0.1", port: 0).get()
    listener.withLock { $0 = channel }
    guard let port = channel.localAddress?.port else { throw WireError(.unavailable, "the proxy has no port") }
    return port
  }

  func stop() async {
    try? await listener.withLock { $0 }?.close()
  }

  /// Where kai-session listens now.
  func point(to port: Int) { state.withLock { $0.target = port } }

  /// From now on links fail.
  func storm() { state.withLock { $0.isCalm = false } }

  /// From now on links work; those that do not are closed.
  func calm() {
    let links = state.withLock { state in
      state.isCalm = true
      return Array(state.links.values)
    }
    for link in links { link.calm() }
  }

  private func accept(_ client: any Channel) -> EventLoopFuture<Void> {
    let (target, plan) = state.withLock { state in
      (state.target, state.isCalm ? LinkPlan.calm : LinkPlan.random(&state.dice))
    }
    let seed = state.withLock { $0.dice.next() }
    let link = ProxyLink(client, plan: plan, dice: SeededGenerator(seed: seed), counters: counters) { [self] link in
      state.withLock { $0.links[ObjectIdentifier(link)] = nil }
    }
    state.withLock { $0.links[ObjectIdentifier(link)] = link }
    return link.begin(target: target)
  }
}
