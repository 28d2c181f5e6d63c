import Wire

/// Where the steps of one session are stored: an unbroken run of parts, the oldest first.
struct Chain: Sendable, Equatable {
  /// The steps `first...last` of the session, in one segment.
  struct Part: Sendable, Equatable {
    let segmentId: Int64
    let first: UInt64
    let last: UInt64
  }

  /// One segment as it is stored.
  struct Segment: Sendable {
    let id: Int64
    /// The last step that is read from the segments before it.
    let baseStep: UInt64
    /// The oldest step that retention has left of it, 0 when it has taken none.
    var firstStep: UInt64 = 0

    /// Whether steps of it, and so all before them, are gone.
    var isCut: Bool { firstStep > baseStep + 1 }
  }

  let parts: [Part]
  /// The newest step, 0 before the first.
  let head: UInt64
  /// The oldest step that can be read: 1, or more when retention has removed what was before. It carries a snapshot then.
  let first: UInt64

  /// Puts a chain together.
  /// - Parameters:
  ///   - segments: the session's own segment, its parent, and so on to the first; each with the last step that comes from
  ///     the ones after it.
  ///   - head: the session's newest step.
  init(segments: [Segment], head: UInt64) {
    var parts: [Part] = []
    var last = head
    for segment in segments {
      let first = segment.isCut ? segment.firstStep : segment.baseStep + 1
      if first <= last { parts.append(Part(segmentId: segment.id, first: first, last: last)) }
      // What is left of the segments before is on the other side of the hole.
      if segment.isCut { break }
      last = min(last, segment.baseStep)
    }
    self.parts = parts.reversed()
    self.head = head
    first = self.parts.first?.first ?? 1
  }

  func part(holding step: UInt64) -> Part? {
    parts.last { $0.first <= step && step <= $0.last }
  }

  /// Makes sure that a session can be read, or go on, from a step; 0 stands for before the first.
  /// - Throws: `not_found` that says why there is no such step.
  func require(_ step: UInt64, of sessionId: String) throws(WireError) {
    guard step <= head else {
      throw WireError(
        .notFound, "session '\(sessionId)' has no step \(step): its newest is \(head)",
        hint: "See its steps with 'kaictl checkpoint list'.")
    }
    guard step >= first || (step == 0 && first == 1) else {
      throw WireError(
        .notFound, "step \(step) of session '\(sessionId)' was removed by its retention; the oldest that is left is \(first)",
        hint: "See its steps with 'kaictl checkpoint list'.")
    }
  }
}
