import Foundation
import Synchronization
import Wire

/// One of the real programs, running.
final class ChildProcess: Sendable {
  let processId: pid_t
  /// What waitpid said, once it has ended.
  private let ended = Mutex<Int32?>(nil)

  /// - Parameter log: the file that its output is appended to.
  /// - Throws: `local_io`
  init(_ path: String, _ arguments: [String], environment: [String: String] = [:], log: String) throws(WireError) {
    var argv: [UnsafeMutablePointer<CChar>?] = ([path] + arguments).map { strdup($0) }
    argv.append(nil)
    let merged = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    var envp: [UnsafeMutablePointer<CChar>?] = merged.map { strdup("\($0.key)=\($0.value)") }
    envp.append(nil)
    defer { (argv + envp).forEach { free($0) } }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_CREAT | O_APPEND, 0o600)
    posix_spawn_file_actions_adddup2(&actions, 1, 2)
    // A socket of the proxy that a child held too would stay open after the proxy has closed it.
    for descriptor in 3..<Int32(clamping: min(sysconf(Int32(_SC_OPEN_MAX)), 4_096)) {
      posix_spawn_file_actions_addclose(&actions, descriptor)
    }
    var child: pid_t = 0
    let code = posix_spawn(&child, path, &actions, nil, argv, envp)
    guard code == 0 else { throw WireError(.localIo, "cannot start \(path): \(String(cString: strerror(code)))") }
    processId = child
    Living.add(child)
  }

  /// Whether it has not ended yet.
  var isRunning: Bool { status == nil }

  /// Its exit status, or 128 + the signal that ended it; nil while it runs.
  var exitStatus: Int32? {
    status.map { $0 & 0x7f == 0 ? ($0 >> 8) & 0xff : 128 + ($0 & 0x7f) }
  }

  private var status: Int32? {
    ended.withLock { ended in
      if let known = ended { return known }
      var status: Int32 = 0
      guard waitpid(processId, &status, WNOHANG) == processId else { return nil }
      ended = status
      Living.remove(processId)
      return status
    }
  }

  /// Sends a signal, unless it has ended: its id may be somebody else's by now.
  func signal(_ number: Int32) {
    if isRunning { kill(processId, number) }
  }

  /// Waits for its end.
  /// - Returns: its exit status; nil when it goes on.
  func end(within time: Duration) async -> Int32? {
    let deadline = ContinuousClock.now + time
    while ContinuousClock.now < deadline {
      if let status = exitStatus { return status }
      try? await Task.sleep(for: .milliseconds(10))
    }
    return exitStatus
  }

  func killNow() async {
    signal(SIGKILL)
    _ = await end(within: .seconds(10))
  }
}

/// The children that have not ended, for the end of this program.
final class Living: Sendable {
  private static let living = Living()
  private let ids = Mutex<Set<pid_t>>([])

  static func add(_ id: pid_t) { living.ids.withLock { _ = $0.insert(id) } }
  static func remove(_ id: pid_t) { living.ids.withLock { _ = $0.remove(id) } }
  static func killAll() { living.ids.withLock { $0.forEach { kill($0, SIGKILL) } } }
}
