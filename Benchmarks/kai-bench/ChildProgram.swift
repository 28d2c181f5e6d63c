import Foundation
import Wire

/// A program under measurement. Not Foundation's `Process`, whose monitor thread goes on using a core after one of its
/// children has ended, which is a core that the measurement needs.
final class ChildProgram {
  let processId: pid_t

  init(_ path: String, _ arguments: [String]) throws {
    var argv: [UnsafeMutablePointer<CChar>?] = ([path] + arguments).map { strdup($0) }
    argv.append(nil)
    defer { argv.forEach { free($0) } }
    var child: pid_t = 0
    let code = posix_spawn(&child, path, nil, nil, argv, environ)
    guard code == 0 else {
      throw WireError(.localIo, "cannot start \(path): \(String(cString: strerror(code)))")
    }
    processId = child
  }

  /// Asks it to stop, and waits until it has.
  func stop() {
    kill(processId, SIGTERM)
    var status: Int32 = 0
    while waitpid(processId, &status, 0) < 0, errno == EINTR {}
  }
}
