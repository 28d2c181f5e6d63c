import Glibc
import JSON
import Subprocess
import SystemPackage
import Wire

/// Runs Python code in a sandbox; see ``SandboxCommand``.
enum PythonSandbox {
  /// What came of the code.
  struct Outcome: Sendable {
    /// 0 when it ended well; below zero the signal that ended it.
    var exit: Int
    var output: String
    /// Files that are new or have changed, as the sandbox says: not to be trusted in any way.
    var files: [TarArchive.Member]
    /// Files that were too many or too large to be taken over.
    var skipped: [String]
  }

  /// Why this node cannot run Python, or nil. A sandbox is tried, not assumed.
  static func unavailable() async -> String? {
    let missing = SandboxCommand.missing()
    guard missing.isEmpty else {
      return
        "\(missing.joined(separator: ", ")) \(missing.count == 1 ? "is" : "are") missing; install Debian's bubblewrap and python3"
    }
    do throws(WireError) {
      let stage = try Stage()
      let done = try await execute(
        SandboxCommand.words(input: stage.path, command: ["/usr/bin/python3", "-c", "print('ok')"]), seconds: 20)
      return done.output == Array("ok\n".utf8) ? nil : "the sandbox does not work: \(done.error)"
    } catch {
      return error.message
    }
  }

  /// - Parameters:
  ///   - data: results of queries by name.
  ///   - files: the session's own, by path.
  /// - Throws: `tool_failed` when there is no sandbox, the time is over, or it died; `cancelled`.
  static func run(
    _ code: String, data: [String: ExportTable], files: [String: [UInt8]], seconds: Int
  ) async throws(WireError) -> Outcome {
    let missing = SandboxCommand.missing()
    guard missing.isEmpty else { throw refusal("\(missing.joined(separator: ", ")) is missing") }
    let stage = try Stage()
    try stage.write(Array(code.utf8), to: "code.py")
    try stage.write(Array(PythonPrograms.module.utf8), to: "kai.py")
    try stage.write(Array(PythonPrograms.supervisor.utf8), to: "supervisor.py")
    for (name, table) in data {
      try stage.write(PythonData.json(table), to: "data/\(name).json")
      try stage.write(CSVWriter.bytes(table, isForSpreadsheets: false), to: "data/\(name).csv")
    }
    for (path, content) in files { try stage.write(content, to: "session/\(path)") }
    let command = [
      "/usr/bin/python3", "-I", "/input/supervisor.py", "\(SandboxLimits.outputBytes)", "\(SandboxLimits.resultFiles)",
      "\(SandboxLimits.resultBytes)",
    ]
    let done = try await execute(SandboxCommand.words(input: stage.path, command: command), seconds: seconds)
    guard let end = done.output.firstIndex(of: 10),
      let report = try? JSONValue(parsing: String(decoding: done.output[..<end], as: UTF8.self)), report.object != nil
    else {
      throw done.error.hasPrefix("bwrap:") || done.error.hasPrefix("setpriv:")
        ? refusal(done.error)
        : WireError(.toolFailed, "The sandbox died before the code ended: it ran out of memory or was killed.")
    }
    let leftOut = report["left_out"]?.integer ?? 0
    let middle = leftOut > 0 ? "\n… (\(leftOut) bytes left out) …\n" : ""
    return Outcome(
      exit: report["exit"]?.integer.flatMap { Int(exactly: $0) } ?? 1,
      output: (report["output"]?.string ?? "") + middle + (report["tail"]?.string ?? ""),
      files: TarArchive.members(of: done.output[(end + 1)...]),
      skipped: (report["skipped"]?.array ?? []).compactMap(\.string))
  }

  private static func refusal(_ reason: String) -> WireError {
    WireError(
      .toolFailed, "Python is not run on this node, because it cannot be run safely: \(reason).",
      hint: "Install Debian's bubblewrap and python3, and allow unprivileged user namespaces.")
  }

  private static func execute(
    _ words: [String], seconds: Int
  ) async throws(WireError) -> (output: [UInt8], error: String) {
    let work: @Sendable () async throws(WireError) -> (output: [UInt8], error: String) = { () async throws(WireError) in
      do {
        // A process group of its own, which is killed as a whole: bubblewrap's inner process waits for the outer one until its
        // namespaces are there, and only then dies with it.
        var options = PlatformOptions()
        options.processGroupID = 0
        options.teardownSequence = [
          .send(signal: .kill, toProcessGroup: true, allowedDurationToNextStep: .milliseconds(100))
        ]
        let done = try await Subprocess.run(
          .path(FilePath(words[0])), arguments: Arguments(Array(words.dropFirst())), environment: .custom([:]),
          platformOptions: options, input: .none,
          output: .bytes(limit: SandboxLimits.resultBytes + 2 * 1024 * 1024), error: .string(limit: 64 * 1024))
        if Task.isCancelled { throw WireError(.cancelled, "The code was stopped.") }
        return (done.standardOutput, done.standardError)
      } catch let error as WireError {
        throw error
      } catch {
        if Task.isCancelled { throw WireError(.cancelled, "The code was stopped.") }
        throw WireError(.toolFailed, "The sandbox could not be run: \(error).")
      }
    }
    do throws(WireError) { return try await WorkDeadline.run(within: UInt64(seconds) * 1_000, work) } catch {
      guard error.errorCode == .budgetExhausted else { throw error }
      throw WireError(
        .toolFailed, "The code was stopped after \(seconds) seconds.",
        hint: "Do less at once, or give a larger timeout_s (at most \(SandboxLimits.maxSeconds)).")
    }
  }

  /// A private folder of this node that the sandbox may read; gone when the run is over.
  private final class Stage: Sendable {
    let path: String

    init() throws(WireError) {
      var name = TemporaryPath.template("kai-python")
      guard mkdtemp(&name) != nil else { throw WireError(.localIo, "No temporary folder can be made for the sandbox.") }
      path = TemporaryPath.path(name)
      // Whoever the sandbox runs as must be able to read it; its name is known to nobody else.
      for folder in ["", "/data", "/session"] {
        mkdir(path + folder, 0o755)
        chmod(path + folder, 0o755)
      }
    }

    deinit { StageRemoval.remove(path) }

    func write(_ content: [UInt8], to name: String) throws(WireError) {
      var made = path
      for segment in name.split(separator: "/").dropLast() {
        made += "/" + segment
        mkdir(made, 0o755)
      }
      let target = path + "/" + name
      let descriptor = open(target, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o644)
      guard descriptor >= 0 else { throw WireError(.localIo, "The sandbox's input cannot be written.") }
      defer { close(descriptor) }
      var rest = content[...]
      while !rest.isEmpty {
        let written = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
        guard written > 0 else { throw WireError(.localIo, "The sandbox's input cannot be written.") }
        rest = rest.dropFirst(written)
      }
    }
  }
}

/// Removes a folder that this process made and nobody else writes to.
private enum StageRemoval {
  static func remove(_ path: String) {
    guard let folder = opendir(path) else { return }
    while let entry = readdir(folder) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      guard name != ".", name != ".." else { continue }
      let inner = path + "/" + name
      if unlink(inner) != 0 { remove(inner) }
    }
    closedir(folder)
    rmdir(path)
  }
}
