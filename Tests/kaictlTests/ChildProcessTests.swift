import Glibc
import Testing
import Wire

@testable import kaictl

@Suite struct ChildProcessTests {
  /// Runs a shell command to its end.
  private func run(
    _ script: String, started: @escaping (ChildProcess) -> Void = { _ in }
  ) async throws -> (lines: [String], code: Int32) {
    let (codes, tell) = AsyncStream<Int32>.makeStream()
    let child = try ChildProcess("/bin/sh", ["-c", script], line: { _ in }, ended: { tell.yield($0) })
    started(child)
    var iterator = codes.makeAsyncIterator()
    let code = await iterator.next()
    return (child.lastLines, code ?? -1)
  }

  @Test func itsLinesAndItsExitCodeArrive() async throws {
    let (lines, code) = try await run("echo one; echo two >&2; printf three; exit 7")
    #expect(lines == ["one", "two", "three"])
    #expect(code == 7)
  }

  @Test func aSignalReachesItAndIsReported() async throws {
    let (_, code) = try await run("sleep 60 & wait") { $0.send(SIGTERM) }
    #expect(code == 128 + SIGTERM)
  }

  @Test func itDoesNotInheritIgnoredSignals() async throws {
    let before = signal(SIGINT, SIG_IGN)
    defer { signal(SIGINT, before) }
    let (_, code) = try await run("kill -INT $$; sleep 60")
    #expect(code == 128 + SIGINT)
  }

  @Test func stdinIsEmpty() async throws {
    let (lines, code) = try await run("cat; echo end")
    #expect(lines == ["end"])
    #expect(code == 0)
  }

  @Test func onlyTheLastLinesAreKept() async throws {
    let (lines, _) = try await run("for i in $(seq 1 50); do echo $i; done")
    #expect(lines == (41...50).map { "\($0)" })
  }

  @Test func aMissingProgramIsAnError() {
    let error = #expect(throws: WireError.self) {
      try ChildProcess("/no/such/program", [], line: { _ in }, ended: { _ in })
    }
    #expect(error?.errorCode == .localIo)
  }
}
