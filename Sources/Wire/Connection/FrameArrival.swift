import Guards
import NIOCore

/// Holds a sender to a least rate while a frame of it is on its way: memory is reserved for the whole of it.
struct FrameArrival {
  /// How long a frame may take whatever its rate.
  static let grace = TimeAmount.milliseconds(Limits.slowFrameGraceMs)

  private var start: NIODeadline?
  private var bytes = 0
  private var isPaused = false

  /// Bytes came.
  mutating func received(_ count: Int) { bytes += count }

  /// - Parameter isUnfinished: whether a frame has begun that is not here whole.
  mutating func update(isUnfinished: Bool, isNew: Bool, _ now: NIODeadline) {
    guard isUnfinished else {
      start = nil
      return
    }
    if start == nil || isNew { (start, bytes) = (now, 0) }
  }

  /// The server stops reading from the peer, or goes on: the peer cannot send meanwhile.
  mutating func pause(_ pauses: Bool, _ now: NIODeadline) {
    isPaused = pauses
    if !pauses, start != nil { (start, bytes) = (now, 0) }
  }

  /// When the frame is too slow, unless more of it comes.
  var deadline: NIODeadline {
    guard let start, !isPaused, !Guard.rate.isOff else { return .distantFuture }
    return start + Self.grace + .milliseconds(Int64(bytes) * 1_000 / Limits.slowFrameBytesPerSecond)
  }
}
