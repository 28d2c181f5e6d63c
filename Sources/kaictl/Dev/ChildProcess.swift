import Dispatch
import FoundationEssentials
import Glibc
import Synchronization
import Wire

/// A program that this one has started, in a process group of its own, so that Ctrl-C in the terminal reaches only us.
final class ChildProcess: Sendable {
  let processID: pid_t
  private let recent = Mutex<[String]>([])
  private static let kept = 10

  /// The last lines it wrote.
  var lastLines: [String] { recent.withLock { $0 } }

  /// Starts a program with both its outputs in one pipe, and stdin empty.
  /// - Parameters:
  ///   - line: gets each line it writes, on the child's own thread.
  ///   - ended: gets its exit code after the last line; 128 + the signal when it was killed.
  /// - Throws: `local_io` when it cannot be started.
  init(
    _ path: String, _ arguments: [String], line: @escaping @Sendable (String) -> Void,
    ended: @escaping @Sendable (Int32) -> Void
  ) throws(WireError) {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { throw LocalFile.failure("start", path) }
    let (reading, writing) = (ends[0], ends[1])
    // Another child must not keep this one's pipe open.
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    let (status, processID) = Self.spawn(path, arguments, output: writing)
    close(writing)
    guard status == 0 else {
      close(reading)
      errno = status
      throw LocalFile.failure("start", path)
    }
    self.processID = processID
    // A queue with one block that blocks until the child is gone: a thread of its own.
    DispatchQueue(label: "child \(processID)").async { [self] in
      readLines(reading, line)
      close(reading)
      ended(waitForExit())
    }
  }

  /// Sends a signal to the child and whatever it has started.
  func send(_ signal: Int32) { kill(-processID, signal) }

  private static func spawn(_ path: String, _ arguments: [String], output: Int32) -> (status: Int32, processID: pid_t) {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, output, 1)
    posix_spawn_file_actions_adddup2(&actions, output, 2)

    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    // What we ignore or block must not be inherited: the child could not be stopped.
    var none = sigset_t()
    sigemptyset(&none)
    var all = sigset_t()
    sigfillset(&all)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setsigdefault(&attributes, &all)
    posix_spawnattr_setpgroup(&attributes, 0)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

    let environment = ProcessInfo.processInfo.environment.map { "\($0.key)=\($0.value)" }
    var argv = ([path] + arguments).map { strdup($0) } + [nil]
    var envp = environment.map { strdup($0) } + [nil]
    defer { (argv + envp).forEach { free($0) } }
    var processID: pid_t = 0
    let status = posix_spawn(&processID, path, &actions, &attributes, &argv, &envp)
    return (status, processID)
  }

  private func readLines(_ descriptor: Int32, _ line: (String) -> Void) {
    var pending: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 16 * 1024)
    func emit(_ bytes: some Collection<UInt8>) {
      let text = String(decoding: bytes, as: UTF8.self)
      recent.withLock { lines in
        lines.append(text)
        if lines.count > Self.kept { lines.removeFirst() }
      }
      line(text)
    }
    while true {
      let count = read(descriptor, &chunk, chunk.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { break }
      pending += chunk[..<count]
      while let end = pending.firstIndex(of: UInt8(ascii: "\n")) {
        emit(pending[..<end])
        pending.removeSubrange(...end)
      }
    }
    if !pending.isEmpty { emit(pending) }
  }

  private func waitForExit() -> Int32 {
    var status: Int32 = 0
    while waitpid(processID, &status, 0) < 0 {
      if errno != EINTR { return ExitStatus.other }
    }
    let signal = status & 0x7f
    return signal == 0 ? status >> 8 & 0xff : 128 + signal
  }
}

/// A program that `kaictl dev` needs has ended by itself.
struct ChildDied: Error {
  let name: String
  /// Of the program; 1 when it ended as if all were well.
  let exitCode: Int32
  let lastLines: [String]

  var message: String {
    "\(name) ended with exit code \(exitCode)" + (lastLines.isEmpty ? "" : "; its last lines:\n  ")
      + lastLines.joined(separator: "\n  ")
  }
  var hint: String { "Correct what it says, then start 'kaictl dev' again." }
}
