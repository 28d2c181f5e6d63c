import Testing
import Wire

@testable import SessionService

@Suite struct SessionTransitionsTests {
  /// Every pair: a status, an action, and what comes of it without and with a live lease ("-": refused).
  private static let table: [(SessionStatus, SessionAction, String, String)] = [
    (.active, .pause, "paused", "paused"), (.active, .resume, "-", "-"), (.active, .close, "completed", "completed"),
    (.active, .reopen, "-", "-"), (.active, .start, "running", "running"), (.active, .finish, "-", "-"),
    (.active, .fail, "failed", "failed"),
    (.running, .pause, "paused", "paused"), (.running, .resume, "-", "-"), (.running, .close, "-", "-"),
    (.running, .reopen, "-", "-"), (.running, .start, "-", "-"), (.running, .finish, "active", "active"),
    (.running, .fail, "failed", "failed"),
    (.paused, .pause, "-", "-"), (.paused, .resume, "active", "running"), (.paused, .close, "completed", "-"),
    (.paused, .reopen, "-", "-"), (.paused, .start, "-", "-"), (.paused, .finish, "paused", "paused"),
    (.paused, .fail, "failed", "failed"),
    (.completed, .pause, "-", "-"), (.completed, .resume, "-", "-"), (.completed, .close, "-", "-"),
    (.completed, .reopen, "active", "active"), (.completed, .start, "-", "-"), (.completed, .finish, "-", "-"),
    (.completed, .fail, "-", "-"),
    (.failed, .pause, "-", "-"), (.failed, .resume, "-", "-"), (.failed, .close, "-", "-"),
    (.failed, .reopen, "active", "active"), (.failed, .start, "-", "-"), (.failed, .finish, "failed", "failed"),
    (.failed, .fail, "-", "-"),
    (.unspecified, .pause, "-", "-"), (.unspecified, .resume, "-", "-"), (.unspecified, .close, "-", "-"),
    (.unspecified, .reopen, "-", "-"), (.unspecified, .start, "-", "-"), (.unspecified, .finish, "-", "-"),
    (.unspecified, .fail, "-", "-"),
  ]

  @Test func everyPairIsDecided() {
    #expect(Self.table.count == SessionStatus.allCases.count * SessionAction.allCases.count)
    for (status, action, free, leased) in Self.table {
      #expect(SessionTransitions.next(status, action, isLeased: false)?.label ?? "-" == free, "\(status) \(action)")
      #expect(SessionTransitions.next(status, action, isLeased: true)?.label ?? "-" == leased, "\(status) \(action) leased")
    }
  }

  @Test func aRefusalSaysWhatToDo() {
    let error = #expect(throws: WireError.self) {
      try SessionTransitions.apply(.pause, to: .completed, isLeased: false)
    }
    #expect(error?.errorCode == .invalidTransition)
    #expect(error?.hint.contains("reopen") == true)
  }
}
