/// Whose turn it is among those who wait, so that nobody is served twice while another waits for the first time.
///
/// Start-time fair queueing with turns of equal size (Goyal, Vin, Cheng: "Start-time Fair Queueing", SIGCOMM 1996): whoever
/// was served comes one turn later, and whoever was away comes at the turn that is being served, with no claim on the past.
struct FairTurns<Key: Hashable & Sendable>: Sendable {
  private var next: [Key: Int64] = [:]
  /// The turn that was served last.
  private var clock: Int64 = 0

  /// Keys that are remembered at most. Beyond it a turn is skipped, which forgets whoever had been served in it.
  static var maxKeys: Int { 16_384 }

  var count: Int { next.count }

  /// Lower goes first.
  func turn(of key: Key) -> Int64 { max(next[key] ?? 0, clock) }

  /// Serves a key.
  mutating func take(_ key: Key) {
    clock = turn(of: key)
    next[key] = clock + 1
    while next.count > Self.maxKeys {
      clock += 1
      next = next.filter { $0.value > clock }
    }
  }
}
