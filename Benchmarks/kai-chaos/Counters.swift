import Synchronization

/// Everything that a run counts, in the order in which it is printed.
enum Count: String, CaseIterable, Sendable {
  // Faults of the network.
  case delays = "chunks delayed"
  case stalls = "links stalled for up to 1.5 s"
  case cuts = "links cut"
  case resets = "links reset (RST)"
  case halfOpens = "links half-open"
  case flips = "bits flipped"
  // Faults of processes.
  case nodeKills = "nodes killed -9"
  case nodeStops = "nodes stopped (SIGSTOP)"
  case sessionKills = "kai-session killed -9"
  case sessionStops = "kai-session stopped (SIGSTOP)"
  case beforeSync = "kai-session died before fsync"
  case afterSync = "kai-session died after fsync"
  case beforeAnswer = "kai-session died before its answer"
  case powerCut = "kai-session lost power"
  case unsyncedBytes = "bytes taken from the log that were never synced"
  case lyingDisk = "kai-session on a disk that lies"

  // What people did.
  case submits = "tasks submitted"
  case cancels = "cancels acknowledged"
  case pauses = "pauses acknowledged"
  case resumes = "resumes acknowledged"
  case retries = "operations sent again by the user"
  case replays = "answers that were replays"
  case watchBreaks = "watches opened again"

  // What was compared.
  case tasks = "tasks at the end"
  case resumed = "tasks that went on elsewhere"
  case steps = "steps at the end"
  case events = "events at the end"
  case watched = "events seen by watchers"
  case artifacts = "files at the end"
  case unsafeCalls = "unsafe effects"
  case unknownOutcomes = "unsafe calls with unknown outcome"
  case transactionalCalls = "transactional effects"
  case idempotentReruns = "idempotent calls run again"
  case nodesEnded = "nodes that ended by themselves"

  /// The faults that a run of so many minutes cannot have been without, unless it did not do what it says.
  static func certain(inMinutes minutes: Double) -> [Count] {
    guard minutes >= 1 else { return [] }
    let soon: [Count] = [.delays, .stalls, .cuts, .resets, .halfOpens, .flips, .nodeKills, .nodeStops, .sessionKills]
    return minutes < 5 ? soon : soon + [.sessionStops, .beforeSync, .afterSync, .beforeAnswer, .powerCut, .unsyncedBytes]
  }
}

/// The counts of one run.
final class Counters: Sendable {
  private let counts = Mutex<[Count: Int]>([:])

  subscript(_ count: Count) -> Int { counts.withLock { $0[count] ?? 0 } }

  func add(_ count: Count, _ by: Int = 1) { counts.withLock { $0[count, default: 0] += by } }

  func set(_ count: Count, to value: Int) { counts.withLock { $0[count] = value } }

  /// A line for each count.
  var lines: [String] {
    Count.allCases.map { count in
      let number = "\(self[count])"
      return String(repeating: " ", count: max(0, 10 - number.count)) + number + "  " + count.rawValue
    }
  }
}
