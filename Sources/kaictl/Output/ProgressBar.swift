import Wire

/// A bar for what takes longer than a second, on a terminal; nothing elsewhere.
final class ProgressBar {
  private static let width = 30
  private static let patience = Duration.seconds(1)
  private static let interval = Duration.milliseconds(100)

  private let printer: Printer
  private let label: String
  private let amount: (UInt64) -> String
  private let start = ContinuousClock.now
  private var shownAt: ContinuousClock.Instant?

  /// - Parameter amount: how much is said in words.
  init(_ label: String, _ printer: Printer, amount: @escaping (UInt64) -> String = Quantities.bytes) {
    (self.label, self.printer, self.amount) = (label, printer, amount)
  }

  /// - Parameter total: 0 while it is not known.
  func show(_ done: UInt64, of total: UInt64) {
    let now = ContinuousClock.now
    guard printer.talk.isTerminal, now - start > Self.patience, shownAt.map({ now - $0 > Self.interval }) ?? true else { return }
    shownAt = now
    printer.talk.write("\r\u{1b}[K" + Self.line(label, done, total, amount))
  }

  static func line(
    _ label: String, _ done: UInt64, _ total: UInt64, _ amount: (UInt64) -> String = Quantities.bytes
  ) -> String {
    guard total > 0 else { return "\(label) \(amount(done))" }
    let part = min(1, Double(done) / Double(total))
    let filled = Int(part * Double(width))
    let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled)
    return "\(label) \(bar) \(Int(part * 100)) %  \(amount(done)) of \(amount(total))"
  }

  /// Takes the bar away, for good or until it is shown again.
  func end() {
    if shownAt != nil { printer.talk.write("\r\u{1b}[K") }
    shownAt = nil
  }
}
