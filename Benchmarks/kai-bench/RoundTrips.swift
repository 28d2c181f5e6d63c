import NIOPosix
import Wire

/// Small calls over loopback, beside a bare echo in the same run: once from an event loop, as the echo is called, and once
/// through the async client.
struct RoundTrips {
  let service: Service

  func figures() async throws -> [Figure] {
    let group = MultiThreadedEventLoopGroup.singleton
    let echo = BareEcho(group: group)
    let onLoop = LoopClient(service: service, key: try service.adminKeyFile(), group: group)
    let client = try service.adminClient()
    var figures: [Figure] = []
    for (depth, count) in [(1, 20_000), (64, 400_000)] {
      _ = try await calls(client, depth: depth, count: count / 10)
      // Three rounds side by side, since a virtual machine's scheduler has moods; the median of each.
      var bare: [Double] = []
      var loop: [Double] = []
      var async: [Double] = []
      for _ in 0..<3 {
        bare.append(try await echo.secondsPerRoundTrip(depth: depth, count: count))
        loop.append(try await onLoop.secondsPerRoundTrip(depth: depth, count: count))
        async.append(try await calls(client, depth: depth, count: count / 2))
      }
      let limit = Samples.of(bare).median
      let ours = Samples.of(loop).median
      let theirs = Samples.of(async).median
      figures.append(Figure(name: "bare NIO echo, depth \(depth)", value: limit * 1e6, unit: "µs"))
      figures.append(
        Figure(
          name: "server.info, depth \(depth)", value: ours * 1e6, unit: "µs", against: "the bare echo", ratio: ours / limit,
          bar: "≤ 2 ×", isMet: ours <= 2 * limit))
      figures.append(
        Figure(
          name: "server.info, depth \(depth), async client", value: theirs * 1e6, unit: "µs", against: "the bare echo",
          ratio: theirs / limit))
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
