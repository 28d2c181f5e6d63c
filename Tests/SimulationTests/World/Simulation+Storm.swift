/// Everything that fails.
extension Simulation {
  func fail() {
    guard !faultsAreOver else { return }
    world.after(world.random(200...4_000)) { [self] in fail() }
    let victim = nodes.isEmpty ? nil : nodes[Int(world.random(0...Int64(nodes.count - 1)))]
    switch world.random(0...15) {
    case 0, 1, 2: if let victim { kill(victim) }
    case 3, 4:
      world.inject("node frozen")
      victim?.freeze(forMs: world.random(100...25_000))
    case 5, 6, 7, 8:
      world.inject("link cut")
      victim?.client.link?.cut()
    case 9: partition()
    case 10:
      world.inject("user's link cut")
      user.link?.cut()
    case 11: crash(.killed, "server killed")
    case 12: crash(.powerCut, "power cut")
    case 13: fillDisk()
    case 14: breakDisk()
    default: break
    }
  }

  private func kill(_ victim: SimNode) {
    world.inject("node killed")
    victim.die()
    nodes.removeAll { $0 === victim }
    world.after(world.random(10...3_000)) { [self] in addNode() }
  }

  /// Some nodes, and perhaps the user, cannot be reached and reach nobody.
  private func partition() {
    world.inject("partition")
    let duration = world.random(100...20_000)
    for node in nodes where world.chance(60) { node.client.cutOff(forMs: duration) }
    if world.chance(30) { user.cutOff(forMs: duration) }
  }

  private func crash(_ death: SimStore.Death, _ name: String) {
    guard server.isUp else { return }
    world.inject(name)
    server.crash(death)
    world.after(world.random(50...4_000)) { [self] in startServer() }
  }

  private func fillDisk() {
    guard server.isUp, server.disk.failure == nil else { return }
    world.inject("disk full")
    server.disk.failure = .full
    world.after(world.random(50...3_000)) { [self] in
      if server.disk.failure == .full { server.disk.failure = nil }
    }
  }

  /// The disk fails, so that the service writes nothing more until somebody starts it anew.
  private func breakDisk() {
    guard server.isUp else { return }
    world.inject("I/O error")
    server.disk.failure = world.chance(50) ? .writeError : .syncError
    world.after(world.random(100...4_000)) { [self] in crash(.killed, "server restarted after an I/O error") }
  }
}
