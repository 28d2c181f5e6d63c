/// What a sender may still send on a stream. It may send while both counts are above zero, so the last frame may overshoot.
struct Credit: Equatable {
  private(set) var bytes: Int
  private(set) var items: Int

  init(bytes: UInt32, items: UInt32) {
    self.bytes = Int(bytes)
    self.items = Int(items)
  }

  var isOpen: Bool { bytes > 0 && items > 0 }

  mutating func spend(bytes count: Int) {
    bytes -= count
    items -= 1
  }

  /// Adds a grant; beyond what 32 bits can count it stays where it is.
  mutating func grant(bytes more: UInt32, items moreItems: UInt32) {
    bytes = min(bytes + Int(more), Int(UInt32.max))
    items = min(items + Int(moreItems), Int(UInt32.max))
  }
}
