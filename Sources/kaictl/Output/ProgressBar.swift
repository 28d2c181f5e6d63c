import Wire

/// A bar for what takes longer than a second, on a terminal; nothing elsewhere.
final class ProgressBar {
  private static let width = 30
  private static let patience = Duration.seconds(1)
  private static let interval = Duration.milliseconds(100)

  private let printer: Printer
  private let label: String
  private let start = ContinuousClock.now
  private var shownAt: ContinuousClock.Instant?

  init(_ label: String, _ printer: Printer) { (self.label, self.printer) = (label, printer) }

  /// - Parameter total: 0 while it is not known.
  func show(_ done: UInt64, of total: UInt64) {
    let now = ContinuousClock.now
    guard printer.talk.isTerminal, now - start > Self.patience, shownAt.map({ now - $0 > Self.interval }) ?? true else { return }
    shownAt = now
    printer.talk.write("\r\u{1b}[K" + Self.line(label, done, total))
  }

  static func line(_ label: String, _ done: UInt64, _ total: UInt64) -> String {
    guard total > 0 else { return "\(label) \(Quantities.bytes(done))" }
    let part = min(1, Double(done) / Double(total))
    let filled = Int(part * Double(width))
    let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled)
    return "\(label) \(bar) \(Int(part * 100)) %  \(Quantities.bytes(done)) of \(Quantities.bytes(total))"
  }

  /// Takes the bar away.
  func end() {
    if shownAt != nil { printer.talk.write("\r\u{1b}[K") }
    shownAt = nil
  }
}
