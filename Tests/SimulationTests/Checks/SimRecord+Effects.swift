import Wire

@testable import AgentService

/// What tools did outside, where no crash of ours takes it back.
extension SimRecord {
  /// A tool without a memory of its own ran.
  func ran(_ call: SimPlan.Call) {
    world.note("effect \(call.id)")
    effects[call.id, default: 0] += 1
    let times = effects[call.id] ?? 0
    if call.effect == .unsafe, times > 1 { violated("the unsafe call \(call.id) ran \(times) times") }
  }

  /// A transactional tool ran: its effect is stored with the call's key, unless the key is there already.
  func booked(_ call: SimPlan.Call, key: String, ignoresKey: Bool) {
    guard booked.insert(key).inserted || ignoresKey else { return world.inject("a booked call came again") }
    world.note("booked \(key)")
    effects[call.id, default: 0] += 1
    let times = effects[call.id] ?? 0
    if times > 1 { violated("the transactional call \(call.id) took effect \(times) times") }
  }

  /// A task is completed, so all that it planned was done.
  func checkEffects(of task: String) {
    for call in SimPlan(task: task).calls {
      let times = effects[call.id] ?? 0
      switch call.effect {
      case .transactional where times != 1, .idempotent where times == 0:
        violated("the \(call.effect.rawValue) call \(call.id) of a completed task took effect \(times) times")
      case .pure, .idempotent, .transactional, .unsafe: break
      }
    }
  }
}
