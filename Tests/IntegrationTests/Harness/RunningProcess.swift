import Foundation
import Testing

/// One of the real programs, running.
final class RunningProcess: @unchecked Sendable {
  // Process is not Sendable; it is set up before it is shared, and only asked and signalled after.
  private let process: Process
  let name: String
  private let log: String

  /// - Parameter log: the file that gets its standard error.
  init(_ program: String, _ arguments: [String], log: String, environment: [String: String] = [:]) throws {
    process = Process()
    process.executableURL = Binaries.url(program)
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    _ = FileManager.default.createFile(atPath: log, contents: nil)
    process.standardError = FileHandle(forWritingAtPath: log)
    process.standardOutput = FileHandle.nullDevice
    process.standardInput = FileHandle.nullDevice
    name = program
    self.log = log
    try process.run()
  }

  deinit { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }

  var processId: Int32 { process.processIdentifier }
  var isRunning: Bool { process.isRunning }
  var logText: String { (try? String(contentsOfFile: log, encoding: .utf8)) ?? "" }

  func signal(_ number: Int32) { kill(process.processIdentifier, number) }

  func killNow() async throws {
    signal(SIGKILL)
    _ = try await exitStatus()
  }

  /// Waits for its end.
  func exitStatus(within seconds: Double = 30) async throws -> Int32 {
    try await eventually("\(name) ends", within: seconds) { self.process.isRunning ? nil : self.process.terminationStatus }
  }
}

/// Where the binaries of this build are: beside the test bundle.
enum Binaries {
  /// - Parameter program: one of ours by its name, or any by its path.
  static func url(_ program: String) -> URL {
    program.hasPrefix("/") ? URL(filePath: program) : folder.appending(path: program)
  }

  static let folder: URL = {
    // The test runner is …/debug/kaiPackageTests.xctest or a helper that is given its path.
    let candidates = CommandLine.arguments.map { URL(filePath: $0).deletingLastPathComponent() }
    let found = candidates.first { FileManager.default.isExecutableFile(atPath: $0.appending(path: "kai-session").path) }
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    return found ?? root.appending(path: ".build/debug")
  }()
}
