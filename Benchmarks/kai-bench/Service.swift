import Foundation
import JSON
import NIOPosix
import SQLite
import Wire

/// A kai-session of the bench's own, in a folder of its own.
final class Service {
  let folder: String
  let host = "127.0.0.1"
  let port: Int
  /// From the start of the process until it serves, in seconds.
  let startSeconds: Double
  private let binary: String
  private var process: ChildProgram

  init(binaries: URL, folder: String) throws {
    self.folder = folder
    binary = binaries.appending(path: "kai-session").path
    let start = ContinuousClock.now
    let listen: String
    (process, listen) = try Self.start(binary, folder, "127.0.0.1:0")
    startSeconds = (ContinuousClock.now - start).seconds
    guard let port = listen.split(separator: ":").last.flatMap({ Int($0) }) else {
      throw WireError(.unavailable, "kai-session did not say where it listens: '\(listen)'")
    }
    self.port = port
  }

  /// Starts it and waits until it serves.
  private static func start(_ binary: String, _ folder: String, _ listen: String) throws -> (ChildProgram, String) {
    let ready = "\(folder)/session.json"
    try? FileManager.default.removeItem(atPath: ready)
    let process = try ChildProgram(
      binary, ["--data", "\(folder)/data", "--listen", listen, "--ready-file", ready, "--log-level", "error", "--http", "off"])
    return (process, try waitForJSON(ready)["listen"]?.string ?? "")
  }

  /// Kills it and starts it again on the same port.
  /// - Returns: the seconds from the start until it serves.
  func restart() throws -> Double {
    kill(process.processId, SIGKILL)
    process.stop()
    let start = ContinuousClock.now
    (process, _) = try Self.start(binary, folder, "\(host):\(port)")
    return (ContinuousClock.now - start).seconds
  }

  func client(_ key: KeyFile, name: String) -> WireClient {
    WireClient(
      ClientConfiguration(
        host: host, port: port, key: key, name: name, version: "bench", group: MultiThreadedEventLoopGroup.singleton))
  }

  func adminKeyFile() throws -> KeyFile {
    try KeyFile(parsing: String(contentsOfFile: "\(folder)/data/admin.key", encoding: .utf8))
  }

  func adminClient() throws -> WireClient { client(try adminKeyFile(), name: "bench") }

  var residentMiB: Double { residentMemory(of: process.processId) }

  /// Bytes of the database, counting what is still in its WAL once: pages × page size.
  func storedBytes() throws -> Int {
    let connection = try SQLiteConnection(path: "\(folder)/data/kai.db", access: .readOnly)
    let statement = try connection.prepare("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size")
    return try statement.step() ? Int(statement.int64(0)) : 0
  }

  func stop() {
    process.stop()
  }
}

/// Waits at most 20 s for a file that holds a JSON value.
func waitForJSON(_ path: String) throws -> JSONValue {
  let deadline = ContinuousClock.now + .seconds(20)
  while ContinuousClock.now < deadline {
    if let text = try? String(contentsOfFile: path, encoding: .utf8), let value = try? JSONValue(parsing: text) { return value }
    usleep(1_000)
  }
  throw WireError(.unavailable, "\(path) did not appear")
}

/// VmRSS of a process, in MiB.
func residentMemory(of process: Int32) -> Double {
  let status = (try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)) ?? ""
  let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
  let kilobytes = line?.split(separator: " ").dropFirst().first.flatMap { Double($0) } ?? 0
  return kilobytes / 1_024
}
