import Foundation
import Testing

/// A command that has run to its end.
struct CommandResult: Sendable, CustomStringConvertible {
  let arguments: [String]
  let status: Int32
  let output: String
  let errors: String

  var description: String { "\(arguments.joined(separator: " ")) → \(status)\n\(output)\n\(errors)" }

  /// The output without the last line break.
  var line: String { output.hasSuffix("\n") ? String(output.dropLast()) : output }

  @discardableResult
  func expectSuccess(_ location: SourceLocation = #_sourceLocation) throws -> CommandResult {
    try #require(status == 0, "\(self)", sourceLocation: location)
    return self
  }

  /// Runs a program and waits for it, at most two minutes. Output goes to files, so that no pipe can fill up.
  static func run(
    _ program: String, _ arguments: [String], environment: [String: String], input: String? = nil
  ) async throws -> CommandResult {
    let folder = try TemporaryFolder()
    let process = Process()
    process.executableURL = Binaries.url(program)
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.standardInput = FileHandle.nullDevice
    if let input {
      try input.write(toFile: folder.file("in"), atomically: true, encoding: .utf8)
      process.standardInput = FileHandle(forReadingAtPath: folder.file("in"))
    }
    for name in ["out", "err"] { _ = FileManager.default.createFile(atPath: folder.file(name), contents: nil) }
    process.standardOutput = FileHandle(forWritingAtPath: folder.file("out"))
    process.standardError = FileHandle(forWritingAtPath: folder.file("err"))
    try process.run()
    do {
      _ = try await eventually("\(program) \(arguments) ends", within: 120) { process.isRunning ? nil : true }
    } catch {
      kill(process.processIdentifier, SIGKILL)
      throw error
    }
    return CommandResult(
      arguments: [program] + arguments, status: process.terminationStatus,
      output: try String(contentsOfFile: folder.file("out"), encoding: .utf8),
      errors: try String(contentsOfFile: folder.file("err"), encoding: .utf8))
  }
}
