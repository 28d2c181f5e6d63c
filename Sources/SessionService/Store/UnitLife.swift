import NIOCore
import Synchronization
import Wire

/// Says how long a unit of work may go on: until its deadline, and as long as somebody waits for its answer.
final class UnitLife: Sendable {
  /// What a request may take that reads.
  static let readLimit = TimeAmount.seconds(30)
  /// What a request may take that writes: all others wait for it.
  static let writeLimit = TimeAmount.seconds(5)

  private let deadline: NIODeadline
  private let isUnwanted = Atomic(false)

  /// - Parameters:
  ///   - callerDeadline: when the caller stops waiting; nil for never.
  ///   - limit: what a unit may take in any case.
  init(callerDeadline: NIODeadline? = nil, limit: TimeAmount, from now: NIODeadline = .now()) {
    deadline = min(callerDeadline ?? .distantFuture, now + limit)
  }

  /// Ends the unit at its next look: nobody waits for it any more.
  func end() { isUnwanted.store(true, ordering: .relaxed) }

  /// Why the unit must not go on; nil while it may.
  var failure: WireError? {
    if isUnwanted.load(ordering: .relaxed) {
      return WireError(.cancelled, "the request was cancelled, or its connection is gone")
    }
    guard deadline <= .now() else { return nil }
    return WireError(
      .deadlineExceeded, "the request took longer than it may, and was stopped; nothing was changed",
      hint: "Ask for less at once: a smaller page, a shorter text, a narrower search.")
  }
}

/// Stops whatever the connections of a store are doing, once for all.
final class StoreHalt: Sendable {
  private let flag = Atomic(false)

  var isRaised: Bool { flag.load(ordering: .relaxed) }

  func raise() { flag.store(true, ordering: .relaxed) }

  static var error: WireError { WireError(.shuttingDown, "the store is closing and has stopped this unit") }
}
