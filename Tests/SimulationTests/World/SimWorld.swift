/// The simulated world: one clock, one source of chance, and everything that is going to happen, in order.
///
/// All of it runs on the thread that runs the simulation, so the same seed gives the same history.
final class SimWorld {
  private struct Happening: Comparable {
    let atMs: Int64
    let order: UInt64
    let act: () -> Void
    static func < (a: Happening, b: Happening) -> Bool { (a.atMs, a.order) < (b.atMs, b.order) }
    static func == (a: Happening, b: Happening) -> Bool { a.order == b.order }
  }

  /// Holds the service's timers.
  private(set) lazy var timers = SimTimers(self)
  private(set) var nowMs: Int64 = 0
  private var state: UInt64
  private var agenda: [Happening] = []
  private var nextOrder: UInt64 = 0
  private var endings: [() -> Void] = []
  /// A digest of everything that was noted, to tell two histories apart.
  private(set) var trace: UInt64 = 0xcbf2_9ce4_8422_2325

  /// How often each fault was injected.
  private(set) var injected: [String: Int] = [:]
  private let rollsRealDice: Bool

  init(seed: UInt64, faults: SimFaults) {
    state = seed &* 0x9e37_79b9_7f4a_7c15 &+ 1
    rollsRealDice = faults.rollsRealDice
  }

  // MARK: Chance (SplitMix64, Steele, Lea, Flood: "Fast Splittable Pseudorandom Number Generators", 2014)

  func random() -> UInt64 {
    if rollsRealDice, state % 1_000 == 0 { return UInt64.random(in: 0...(.max)) }
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }

  func random(_ range: ClosedRange<Int64>) -> Int64 {
    range.lowerBound + Int64(random() % UInt64(range.upperBound - range.lowerBound + 1))
  }

  func chance(_ percent: UInt64) -> Bool { random() % 100 < percent }

  func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8(truncatingIfNeeded: random()) } }

  // MARK: Time

  func after(_ delayMs: Int64, _ act: @escaping () -> Void) {
    let happening = Happening(atMs: nowMs + delayMs, order: nextOrder, act: act)
    nextOrder += 1
    // The agenda is short; a binary search for the place keeps it in order.
    var low = 0
    var high = agenda.count
    while low < high {
      let middle = (low + high) / 2
      if happening < agenda[middle] { low = middle + 1 } else { high = middle }
    }
    agenda.insert(happening, at: low)
  }

  /// Lets everything happen that is due until a moment.
  func run(untilMs end: Int64) {
    while let next = agenda.last, next.atMs <= end {
      agenda.removeLast()
      nowMs = next.atMs
      next.act()
    }
    nowMs = end
  }

  /// Does something when the simulation is over: whoever holds on to others that hold on to it lets go.
  func atEnd(_ act: @escaping () -> Void) { endings.append(act) }

  /// Nothing more happens, and nothing is held on to.
  func end() {
    agenda = []
    timers.end()
    for act in endings { act() }
    endings = []
  }

  func inject(_ fault: String) {
    injected[fault, default: 0] += 1
    note(fault)
  }

  func note(_ text: String) {
    for byte in text.utf8 { trace = (trace ^ UInt64(byte)) &* 0x100_0000_01b3 }
    trace = (trace ^ UInt64(bitPattern: nowMs)) &* 0x100_0000_01b3
  }
}
