@testable import AgentService

/// What the "model" of a simulated node does for a task: it follows from the task alone.
struct SimPlan {
  struct Call {
    let id: String
    let effect: SideEffect
  }

  private static let effects: [SideEffect] = [.pure, .unsafe, .transactional, .idempotent]
  let task: String
  private let seed: Int

  init(task: String) {
    self.task = task
    seed = Int(task.utf8.reduce(0) { $0 &* 31 &+ UInt64($1) } % 1_009)
  }

  /// 1...5.
  var turns: Int { 1 + seed % 5 }

  /// One or two calls a turn, of every class of tools.
  func calls(turn: Int) -> [Call] {
    (0...((seed + turn) % 3) / 2).map { index in
      Call(id: "\(task).\(turn).\(index)", effect: Self.effects[(seed / 5 + 3 * turn + index) % 4])
    }
  }

  /// Whether the agent asks the user in this turn, and calls nothing else.
  func asks(turn: Int) -> Bool { (seed / 3 + turn) % 8 == 0 }

  /// What a completed task did.
  var calls: [Call] { (0..<turns).filter { !asks(turn: $0) }.flatMap(calls) }
}
