import Logging
import NIOCore
import Wire

@testable import SessionService

/// kai-session as it is, on the simulated disk and clock: it is started, it dies, and it is started again on what the disk kept.
final class SimServer {
  private let world: SimWorld
  private let faults: SimFaults
  private let watch: DurableWatch
  let disk: SimDisk
  private let surroundings: Surroundings
  private let logger = Logger(label: "sim") { _ in SwiftLogNoOpLogHandler() }
  private let master = [UInt8](repeating: 7, count: 32)
  private(set) var assembly: ServiceAssembly?
  private(set) var store: SimStore
  private var links: [UInt64: SimLink] = [:]
  private var nextConnection: UInt64 = 1
  private(set) var starts = 0

  static let epochMicroseconds: Int64 = 1_700_000_000_000_000

  /// A disk with the schema on it.
  private static let emptyImage = Result {
    try SimStore.emptyImage(
      Surroundings(now: { Timestamp(microseconds: epochMicroseconds) }, randomBytes: { [UInt8](repeating: 0, count: $0) }))
  }

  init(world: SimWorld, faults: SimFaults, record: SimRecord) throws {
    self.world = world
    self.faults = faults
    watch = DurableWatch(record)
    disk = SimDisk(image: try Self.emptyImage.get())
    disk.ignoresSyncs = faults.losesSyncedWrites
    let unsafeWorld = Unchecked(world)
    surroundings = Surroundings(
      now: { Timestamp(microseconds: Self.epochMicroseconds + unsafeWorld.value.nowMs * 1_000) },
      randomBytes: { unsafeWorld.value.bytes($0) })
    store = try SimStore(
      disk, world: world, surroundings: surroundings, figures: StoreFigures(), faults: faults, watch: watch)
    try start()
  }

  var isUp: Bool { assembly != nil }

  func start() throws {
    starts += 1
    let figures = StoreFigures()
    if starts > 1 {
      store = try SimStore(
        disk, world: world, surroundings: surroundings, figures: figures, faults: faults, watch: watch)
    }
    let unsafeWorld = Unchecked(world)
    let keys = KeyRing(master: master, keys: [], now: surroundings.now)
    for principal in [SimRecord.agent, SimRecord.user] {
      keys.put(.with { ($0.id, $0.role) = (principal.keyId, principal.role) })
    }
    let assembly = ServiceAssembly(
      ServiceAssembly.Ground(
        store: store, figures: figures, keys: keys,
        master: master,
        identity: ServerIdentity(
          serverId: ServerIdentity.serverId(master: master), version: "sim", startedAt: surroundings.now()),
        surroundings: surroundings,
        monotonicMs: { unsafeWorld.value.nowMs }, timers: world.timers, logger: logger))
    self.assembly = assembly
    var left = try store.look { (transaction) throws(WireError) in try TaskQueue.leftovers(in: transaction) }
    if faults.forgetsWaiting { left.waiting = [] }
    assembly.tasks.takeUp(left)
  }

  /// kill -9, or a power cut.
  func crash(_ death: SimStore.Death) {
    guard isUp else { return }
    store.crash(death)
    for link in links.values.sorted(by: { $0.id < $1.id }) { link.cut(serverIsDead: true) }
    letGo()
  }

  /// The simulation is over.
  func end() {
    store.close()
    letGo()
    disk.detach()
  }

  /// The service is dead: its streams and its queue, which hold on to each other, are given up.
  private func letGo() {
    for link in links.values { assembly?.handler.disconnected(link.serverEnd) }
    assembly = nil
    links = [:]
  }

  // MARK: Connections

  /// A new connection, or nil while the server is down.
  func connect(_ principal: Principal, onLost: @escaping () -> Void) -> SimLink? {
    guard let assembly else { return nil }
    let link = SimLink(id: nextConnection, principal: principal, world: world, server: self, onLost: onLost)
    nextConnection += 1
    links[link.id] = link
    assembly.handler.connected(link.serverEnd)
    return link
  }

  func arrived(_ event: InboundEvent, on link: SimLink) {
    guard links[link.id] === link, let assembly else { return }
    assembly.handler.handle([faults.ignoresFences ? withCurrentFence(event) : event], on: link.serverEnd)
  }

  func lost(_ link: SimLink) {
    guard links.removeValue(forKey: link.id) != nil else { return }
    assembly?.handler.disconnected(link.serverEnd)
  }

  /// The planted bug: a commit's fence is taken for good, whatever it says.
  private func withCurrentFence(_ event: InboundEvent) -> InboundEvent {
    guard case .request(let request) = event, request.method == .checkpointCommit,
      var commit = try? CommitRequest(decoding: request.message), let sessionId = commit.fence?.sessionId,
      let lease = try? store.look({ (transaction) throws(WireError) in
        try LeaseRepository.find(sessionId: sessionId, in: transaction)
      })
    else { return event }
    commit.fence?.epoch = lease.epoch
    commit.fence?.nodeId = lease.nodeId
    commit.fence?.taskId = lease.taskId
    if let head = try? store.look({ (transaction) throws(WireError) in
      try SessionRepository.head(sessionId, in: transaction)
    }) {
      commit.parentStep = head.step
    }
    var message = ByteBuffer()
    commit.encode(into: &message)
    return .request(
      InboundRequest(
        streamID: request.streamID, method: request.method, head: request.head, message: message,
        attachment: request.attachment, principal: request.principal, deadline: nil))
  }
}

/// Lets a closure that must be Sendable hold what only the simulation's thread touches.
struct Unchecked<Value>: @unchecked Sendable {
  // One thread runs the whole simulation.
  let value: Value
  init(_ value: Value) { self.value = value }
}
