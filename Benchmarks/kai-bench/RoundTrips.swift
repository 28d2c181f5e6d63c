import NIOPosix
import Wire

/// Small calls over loopback, beside a bare echo in the same run.
struct RoundTrips {
  let service: Service

  func figures() async throws -> [Figure] {
    let echo = BareEcho(group: MultiThreadedEventLoopGroup.singleton)
    let client = try service.adminClient()
    var figures: [Figure] = []
    for (depth, count) in [(1, 20_000), (64, 200_000)] {
      _ = try await calls(client, depth: depth, count: count / 10)
      let bare = try await echo.secondsPerRoundTrip(depth: depth, count: count)
      let ours = try await calls(client, depth: depth, count: count)
      figures.append(Figure(name: "bare NIO echo, depth \(depth)", value: bare * 1e6, unit: "µs"))
      figures.append(
        Figure(
          name: "server.info, depth \(depth)", value: ours * 1e6, unit: "µs", against: "the bare echo", ratio: ours / bare,
          bar: "≤ 2 ×", isMet: ours <= 2 * bare))
    }
    await client.close()
    return figures
  }

  /// Seconds a call, with `depth` of them under way.
  private func calls(_ client: WireClient, depth: Int, count: Int) async throws -> Double {
    let start = ContinuousClock.now
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<depth {
        group.addTask {
          for _ in 0..<count / depth { _ = try await client.call(Methods.serverInfo, Empty()) }
        }
      }
      try await group.waitForAll()
    }
    return (ContinuousClock.now - start).seconds / Double(count / depth * depth)
  }
}
