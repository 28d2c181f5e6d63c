import WireFuzz

/// What will go wrong with one connection, decided when it is made.
struct LinkPlan: Sendable {
  enum Direction: Sendable { case up, down }

  /// What happens when so many bytes have gone in a direction.
  enum Fault: Sendable {
    case none
    /// Both ends see the end of the stream.
    case cut
    /// Both ends see a reset.
    case reset
    /// Nothing more arrives, and nobody is told, for so many milliseconds.
    case halfOpen(holdMs: Int)
    /// One bit of one byte arrives wrong.
    case flip(bit: Int)
    /// Nothing arrives for so many milliseconds, then all of it.
    case stall(ms: Int)
  }

  let fault: Fault
  let direction: Direction
  /// The byte, from 0, at which it happens.
  let at: Int
  /// Most that a chunk is delayed by, in milliseconds; 0 for none.
  let delayMs: Int

  static let calm = LinkPlan(fault: .none, direction: .up, at: 0, delayMs: 0)

  static func random(_ dice: inout SeededGenerator) -> LinkPlan {
    let fault: Fault =
      switch dice.number(0...11) {
      case 0...2: .cut
      case 3...5: .reset
      case 6: .halfOpen(holdMs: dice.number(2_000...40_000))
      case 7...8: .flip(bit: dice.number(0...7))
      case 9...10: .stall(ms: dice.number(200...1_500))
      default: .none
      }
    return LinkPlan(
      fault: fault, direction: dice.oneIn(2) ? .up : .down,
      at: dice.number(0...[100, 2_000, 20_000, 100_000][dice.number(0...3)]),
      delayMs: dice.oneIn(3) ? dice.number(1...40) : 0)
  }
}
