import Wire

/// Feeds the message decoder with damaged bytes. It may refuse them, never trap, and what it accepts must survive a
/// second round trip unchanged.
public struct CodecFuzzer {
  public struct Outcome: Sendable {
    public var accepted = 0
    public var refused = 0
    /// What broke a promise: the message type and the seed of the event.
    public var failures: [String] = []
  }

  public init() {}

  /// - Parameters:
  ///   - events: how many damaged messages to try.
  ///   - seed: the same seed tries the same bytes.
  public func run(events: Int, seed: UInt64) -> Outcome {
    var outcome = Outcome()
    var random = SeededGenerator(seed: seed)
    while outcome.accepted + outcome.refused < events {
      var round = Round(seed: random.next(), outcome: outcome)
      Messages.visitAll(&round)
      outcome = round.outcome
    }
    return outcome
  }

  private struct Round: MessageTypeVisitor {
    var random: SeededGenerator
    var outcome: Outcome

    init(seed: UInt64, outcome: Outcome) {
      random = SeededGenerator(seed: seed)
      self.outcome = outcome
    }

    mutating func visit<M: WireMessage>(_ type: M.Type) {
      let seed = random.next()
      var generator = MessageGenerator(seed: seed)
      let bytes = damage(generator.make(M.self).encoded())
      do throws(WireError) {
        let message = try M(decoding: bytes)
        outcome.accepted += 1
        let again = message.encoded()
        if try M(decoding: again).encoded() != again { outcome.failures.append("\(M.messageName) \(seed)") }
      } catch {
        outcome.refused += 1
        if error.errorCode != .badMessage { outcome.failures.append("\(M.messageName) \(seed): \(error)") }
      }
    }

    private mutating func damage(_ bytes: [UInt8]) -> [UInt8] {
      var bytes = bytes
      for _ in 0...random.below(4) {
        switch random.below(6) {
        case 0 where !bytes.isEmpty: bytes[random.below(bytes.count)] = UInt8(truncatingIfNeeded: random.next())
        case 1 where !bytes.isEmpty: bytes[random.below(bytes.count)] ^= 1 << UInt8(random.below(8))
        case 2 where !bytes.isEmpty: bytes.removeLast(1 + random.below(bytes.count))
        case 3: bytes.insert(UInt8(truncatingIfNeeded: random.next()), at: random.below(bytes.count + 1))
        case 4: bytes += bytes.prefix(random.below(64))
        default: bytes += (0..<random.below(12)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        }
      }
      return bytes
    }
  }
}
