/// Where the steps of one session are stored: an unbroken run of parts, the oldest first.
struct Chain: Sendable, Equatable {
  /// The steps `first...last` of the session, in one segment.
  struct Part: Sendable, Equatable {
    let segmentId: Int64
    let first: UInt64
    let last: UInt64
  }

  let parts: [Part]
  /// The newest step, 0 before the first.
  let head: UInt64

  /// Puts a chain together.
  /// - Parameters:
  ///   - segments: the session's own segment, its parent, and so on to the first; each with the last step that comes from
  ///     the ones after it.
  ///   - head: the session's newest step.
  init(segments: [(id: Int64, baseStep: UInt64)], head: UInt64) {
    var parts: [Part] = []
    var last = head
    for segment in segments {
      if segment.baseStep < last { parts.append(Part(segmentId: segment.id, first: segment.baseStep + 1, last: last)) }
      last = min(last, segment.baseStep)
    }
    self.parts = parts.reversed()
    self.head = head
  }

  func part(holding step: UInt64) -> Part? {
    parts.last { $0.first <= step && step <= $0.last }
  }
}
