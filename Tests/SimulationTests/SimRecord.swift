import Wire

/// What was seen from outside, and what must hold of it.
final class SimRecord {
  static let agent = Principal(keyId: "key_0000000a6e47", role: .agent)
  static let user = Principal(keyId: "key_000000005e12", role: .admin)

  struct Step: Hashable {
    let session: String
    let step: UInt64
  }

  struct Owner: Hashable {
    let session: String
    let epoch: UInt64
  }

  private let world: SimWorld
  /// Acknowledged steps with the checksum of their bodies.
  private(set) var steps: [Step: UInt32] = [:]
  private var epochs: [Step: UInt64] = [:]
  private var owners: [Owner: String] = [:]
  private(set) var effects: [String: Int] = [:]
  private(set) var submitted: [String: String] = [:]
  private(set) var violations: [String] = []
  /// How often each fault was injected.
  var injected: [String: Int] = [:]

  init(_ world: SimWorld) { self.world = world }

  func violated(_ sentence: String) { if violations.count < 20 { violations.append("at \(world.nowMs) ms: \(sentence)") } }

  func inject(_ fault: String) {
    injected[fault, default: 0] += 1
    world.note(fault)
  }

  func acknowledged(_ fence: Fence, step: UInt64, crc: UInt32, finish: TaskStatus?) {
    world.note("ack \(fence.sessionId) \(step) \(crc) \(fence.epoch)")
    let key = Step(session: fence.sessionId, step: step)
    if let known = steps[key], known != crc { violated("step \(step) of \(fence.sessionId) was acknowledged twice, differently") }
    steps[key] = crc
    epochs[key] = fence.epoch
    let owner = Owner(session: fence.sessionId, epoch: fence.epoch)
    let holder = "\(fence.taskId) on \(fence.nodeId)"
    if let other = owners[owner], other != holder {
      violated("epoch \(fence.epoch) of \(fence.sessionId) belongs to \(other) and to \(holder)")
    }
    owners[owner] = holder
    if let before = epochs[Step(session: fence.sessionId, step: step - 1)], before > fence.epoch {
      violated("step \(step) of \(fence.sessionId) has epoch \(fence.epoch), after one with \(before)")
    }
  }

  /// A tool with side effects ran.
  func effect(_ callId: String) {
    world.note("effect \(callId)")
    effects[callId, default: 0] += 1
    if effects[callId] ?? 0 > 1 { violated("the unsafe call \(callId) ran \(effects[callId] ?? 0) times") }
  }

  /// A submit with this mark was acknowledged as this task.
  func submitted(_ mark: String, as taskId: String) {
    world.note("submitted \(taskId)")
    submitted[mark] = taskId
  }
}
