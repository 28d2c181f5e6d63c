import NIOCore

/// Finds out that a silent peer is gone: PING after a while without bytes, close when nothing comes after it.
struct Keepalive {
  enum Action: Equatable {
    case none
    case ping(UInt64)
    case dead
  }

  private let idle: TimeAmount
  private let pongTimeout: TimeAmount
  private var lastReceived: NIODeadline
  private var pingSent: NIODeadline?
  private var number: UInt64 = 0

  init(idle: TimeAmount, pongTimeout: TimeAmount, now: NIODeadline) {
    self.idle = idle
    self.pongTimeout = pongTimeout
    lastReceived = now
  }

  /// Any byte proves that the peer lives: a PONG may stand behind a long frame.
  mutating func received(_ now: NIODeadline) {
    lastReceived = now
    pingSent = nil
  }

  /// When ``tick(_:)`` is next worth a call.
  var nextTick: NIODeadline { pingSent.map { $0 + pongTimeout } ?? lastReceived + idle }

  mutating func tick(_ now: NIODeadline) -> Action {
    guard now >= nextTick else { return .none }
    guard pingSent == nil else { return .dead }
    pingSent = now
    number += 1
    return .ping(number)
  }
}
