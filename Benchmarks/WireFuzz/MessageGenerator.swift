public import Wire

/// Fills a message with random but valid values, the awkward ones often: empty, largest, negative, not ASCII.
public struct MessageGenerator: FieldVisitor {
  public var random: SeededGenerator
  private var depth = 0

  public init(seed: UInt64) { random = SeededGenerator(seed: seed) }

  /// A random message.
  public mutating func make<M: WireMessage>(_ type: M.Type) -> M {
    var message = M()
    message.fields(&self)
    return message
  }

  private mutating func text(max: Int) -> String {
    let pieces = ["a", "Z", "0", " ", "\"", "'", "\\", "\n", "é", "日本", "🛫", "\u{202e}", "%", "{", "-", "_", "\u{1}"]
    var text = ""
    for _ in 0..<random.below(24) {
      let piece = pieces[random.below(pieces.count)]
      if text.utf8.count + piece.utf8.count > max { break }
      text += piece
    }
    return text
  }

  private mutating func integer() -> UInt64 {
    switch random.below(6) {
    case 0: 0
    case 1: 1
    case 2: UInt64.max
    case 3: UInt64(1) << UInt64(random.below(64))
    case 4: UInt64(random.below(128))
    default: random.next()
    }
  }

  private mutating func count(max: Int) -> Int { depth > 3 ? 0 : Swift.min(max, random.below(4)) }

  private mutating func nested<M: WireMessage>() -> M {
    depth += 1
    defer { depth -= 1 }
    return make(M.self)
  }

  public mutating func field(_ number: Int, _ name: StaticString, _ value: inout String, max: Int) {
    value = text(max: max)
  }
  public mutating func field(_ number: Int, _ name: StaticString, _ value: inout String?, max: Int) {
    value = random.oneIn(3) ? nil : text(max: max)
  }
  public mutating func field(_ number: Int, _ name: StaticString, _ value: inout [UInt8], max: Int) {
    value = (0..<random.below(Swift.min(max, 40) + 1)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
  }
  public mutating func field(_ number: Int, _ name: StaticString, _ value: inout Bool) { value = random.oneIn(2) }
  public mutating func field(_ number: Int, _ name: StaticString, _ value: inout Bool?) {
    value = random.oneIn(3) ? nil : random.oneIn(2)
  }
  public mutating func field(_ number: Int, _ name: StaticString, _ value: inout UInt32) {
    value = UInt32(truncatingIfNeeded: integer())
  }
  public mutating func field(_ number: Int, _ name: StaticString, _ value: inout UInt32?) {
    value = random.oneIn(3) ? nil : UInt32(truncatingIfNeeded: integer())
  }
  public mutating func field(_ number: Int, _ name: StaticString, _ value: inout UInt64) { value = integer() }
  public mutating func field(_ number: Int, _ name: StaticString, _ value: inout UInt64?) {
    value = random.oneIn(3) ? nil : integer()
  }
  public mutating func field(_ number: Int, _ name: StaticString, _ value: inout Int64) {
    value = Int64(bitPattern: integer())
  }
  public mutating func field(_ number: Int, _ name: StaticString, _ value: inout Int64?) {
    value = random.oneIn(3) ? nil : Int64(bitPattern: integer())
  }
  public mutating func field(_ number: Int, _ name: StaticString, _ value: inout Double) {
    let choices = [0, -0.0, 1, -1.5, .infinity, .greatestFiniteMagnitude, .leastNonzeroMagnitude, 0.1]
    value = choices[random.below(choices.count)]
  }
  public mutating func field(_ number: Int, _ name: StaticString, _ value: inout Double?) {
    var some = 0.0
    field(number, name, &some)
    value = random.oneIn(3) ? nil : some
  }
  public mutating func field(_ number: Int, _ name: StaticString, _ value: inout Timestamp) {
    value = Timestamp(microseconds: random.oneIn(4) ? 0 : Int64(random.next() % 4_000_000_000_000_000))
  }
  public mutating func field<E: WireEnum>(_ number: Int, _ name: StaticString, _ value: inout E) {
    let all = Array(E.allCases)
    value = all[random.below(all.count)]
  }
  public mutating func field<M: WireMessage>(_ number: Int, _ name: StaticString, _ value: inout M?) {
    value = depth > 4 || random.oneIn(3) ? nil : nested()
  }
  public mutating func field<M: WireMessage>(_ number: Int, _ name: StaticString, _ value: inout [M], max: Int) {
    value = (0..<count(max: max)).map { _ in nested() }
  }
  public mutating func field(_ number: Int, _ name: StaticString, _ value: inout [String], max: Int, maxEach: Int) {
    value = (0..<count(max: max)).map { _ in text(max: maxEach) }
  }
  public mutating func field(_ number: Int, _ name: StaticString, _ value: inout [UInt64], max: Int) {
    value = (0..<count(max: max)).map { _ in integer() }
  }
  public mutating func json(_ number: Int, _ name: StaticString, _ value: inout String, max: Int) {
    value = ["", "{}", #"{"a":1}"#, #"{"team":"ops","n":[1,2.5,null]}"#][random.below(4)]
  }
  public mutating func secret(_ number: Int, _ name: StaticString, _ value: inout String, max: Int) {
    field(number, name, &value, max: max)
  }
}
