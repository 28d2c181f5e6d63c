import Foundation
import Testing

/// What becomes of data that kaictl cannot write, in a real shell.
@Suite struct OutputTests {
  /// Runs a line of bash in which `$kaictl` is the program.
  private func shell(_ line: String) async throws -> (status: Int32, output: String, errors: String) {
    let folder = try TemporaryFolder()
    let process = Process()
    process.executableURL = URL(filePath: "/bin/bash")
    process.arguments = ["-c", "(\(line)) >\"$0/out\" 2>\"$0/err\"", folder.path]
    process.environment = ["kaictl": Binaries.url("kaictl").path, "HOME": folder.path, "PATH": "/usr/bin:/bin"]
    try process.run()
    _ = try await eventually("\(line) ends", within: 60) { process.isRunning ? nil : true }
    return (
      process.terminationStatus, try String(contentsOfFile: folder.file("out"), encoding: .utf8),
      try String(contentsOfFile: folder.file("err"), encoding: .utf8)
    )
  }

  @Test(arguments: ["explain", "explain -o json", "explain -o ids", "--help", "completion bash"])
  func aFullDiskIsAnError(_ command: String) async throws {
    let full = try await shell("\"$kaictl\" \(command) >/dev/full")
    #expect(full.status == 1 && full.output.isEmpty)
    #expect(full.errors.contains("stdout cannot be written to: No space left on device"), "\(full)")
  }

  @Test func aClosedStdoutIsAnError() async throws {
    let closed = try await shell("\"$kaictl\" explain >&-")
    #expect(closed.status == 1 && closed.errors.contains("stdout cannot be written to"), "\(closed)")
  }

  @Test func forProgramsTheErrorIsJSON() async throws {
    let full = try await shell("\"$kaictl\" explain -o jsonl >/dev/full")
    #expect(full.status == 1 && full.errors.hasPrefix("{\"error\":{\"code\":901"), "\(full)")
  }

  /// As every filter does: by SIGPIPE, and without a word.
  @Test func aReaderThatHasEnoughEndsItQuietly() async throws {
    let piped = try await shell("\"$kaictl\" explain -o json | (read -r first; echo \"$first\"); exit \"${PIPESTATUS[0]}\"")
    #expect((piped.status == 0 || piped.status == 141) && piped.errors.isEmpty && piped.output == "[\n", "\(piped)")
    // Nobody is left when it begins to write.
    let alone = try await shell("(sleep 0.2; \"$kaictl\" explain) | true; exit \"${PIPESTATUS[0]}\"")
    #expect(alone.status == 141 && alone.errors.isEmpty, "\(alone)")
  }
}
