import Synchronization

/// What must hold whatever fails.
enum Rule: String, CaseIterable, Sendable {
  case nothingLost = "what was acknowledged or seen is there"
  case submitOnce = "a submit is one task"
  case effectOnce = "a side effect happens once"
  case journal = "a side effect was announced before, and is there if its result is"
  case noGaps = "steps and events are numbered without gaps"
  case endsOnce = "a task ends once, and as its log says"
  case wantedOnly = "a task is cancelled or fails only for a reason"
  case rest = "everything comes to rest"
  case answers = "an operation is answered, and not refused without reason"
  case injected = "a run has every fault that it is long enough for"
  case processes = "a process ends only when it is told to"
}

/// The violations that a run has found.
final class Findings: Sendable {
  private let found = Mutex<[(rule: Rule, text: String)]>([])

  func add(_ rule: Rule, _ text: String) { found.withLock { $0.append((rule, text)) } }

  var all: [(rule: Rule, text: String)] { found.withLock { $0 } }

  func has(_ rule: Rule) -> Bool { found.withLock { $0.contains { $0.rule == rule } } }
}
