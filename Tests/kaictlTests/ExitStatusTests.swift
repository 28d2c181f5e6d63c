import ArgumentParser
import Testing
import Wire

@testable import kaictl

@Suite struct ExitStatusTests {
  @Test func everyErrorOfTheTableHasItsExitCode() {
    for row in ErrorTable.rows {
      #expect(ExitStatus.code(for: WireError(row.code, "x")) == row.exit, "\(row.name)")
    }
  }

  @Test func theExitCodesAreThoseThatScriptsRelyOn() {
    let expected: [(ErrorCode, Int32)] = [
      (.internalError, 1), (.usage, 2), (.invalidArgument, 2), (.unauthenticated, 3), (.forbidden, 3), (.notFound, 4),
      (.conflict, 5), (.fenced, 5), (.staleVersion, 5), (.unavailable, 6), (.deadlineExceeded, 7), (.cancelled, 130),
    ]
    for (code, exit) in expected { #expect(ExitStatus.code(for: WireError(code, "x")) == exit, "\(code.name)") }
  }

  @Test func anUnknownErrorOfANewerServerIsOther() {
    #expect(ExitStatus.code(for: WireError(ErrorCode(rawValue: 65_000), "x")) == 1)
  }

  @Test func whatIsNoErrorOfTheProtocolHasItsCodeToo() {
    #expect(ExitStatus.code(for: BatchFailed(failed: 1, total: 2)) == 8)
    #expect(ExitStatus.code(for: AwaitedTaskFailed(reason: WireError(.sqlError, "x"))) == 9)
    #expect(ExitStatus.code(for: CancellationError()) == 130)
    #expect(ExitStatus.code(for: ValidationError("x")) == 2)
    #expect(ExitStatus.code(for: ChildDied(name: "kai-agent", exitCode: 3, lastLines: [])) == 3)
  }

  @Test(
    arguments: [
      (TaskStatus.completed, nil), (.partial, nil), (.failed, "sql_error"), (.cancelled, "cancelled_by_user"),
    ] as [(TaskStatus, String?)])
  func onlyATaskThatFailedFailsTheCommand(status: TaskStatus, name: String?) {
    var task = TaskRecord()
    task.status = status
    if status == .failed { task.result = .with { $0.error = WireError(.sqlError, "no such column") } }
    let outcome = Result { () throws(AwaitedTaskFailed) in try TaskOutcome.check(task, Printer(noColor: true)) }
    switch outcome {
    case .success: #expect(name == nil)
    case .failure(let error): #expect(error.reason.errorCode.name == name)
    }
  }
}
