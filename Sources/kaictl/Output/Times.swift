import Glibc
import Wire

extension Timestamp {
  /// The clock of this machine.
  static var now: Timestamp {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Timestamp(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000)
  }

  /// `just now`, `12 s ago`, `3 m ago`, `5 h ago`, `2 d ago`; `in 3 m` for what is to come; empty when not set.
  /// A clock that is off by less than five seconds is no reason to speak of the future.
  func relative(to now: Timestamp) -> String {
    guard microseconds != 0 else { return "" }
    // Wrapping: a time that a peer made up must not trap.
    let seconds = (now.microseconds &- microseconds) / 1_000_000
    let distance = seconds.magnitude
    if distance < 5 { return "just now" }
    let text =
      switch distance {
      case ..<60: "\(distance) s"
      case ..<3_600: "\(distance / 60) m"
      case ..<86_400: "\(distance / 3_600) h"
      default: "\(distance / 86_400) d"
      }
    return seconds > 0 ? "\(text) ago" : "in \(text)"
  }
}
