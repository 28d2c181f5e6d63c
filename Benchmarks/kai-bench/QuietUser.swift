import ArgumentParser
import Foundation
import JSON
import NIOPosix
import Wire

/// A person who looks at a session now and then: a process of its own, as they are, so that its calls wait for kai-session and for the machine but
/// not for the threads of those who make the load.
struct QuietUser: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "quiet-user", abstract: "Calls session.get once a millisecond and writes how long it took (a part of 'load').",
    shouldDisplay: false)

  @Option(help: "The port of kai-session on 127.0.0.1.") var port: Int
  @Option(help: "The file of the key.") var keyFile: String
  @Option(help: "The session that is looked at.") var session: String
  @Option(help: "The file that gets the figures as JSON.") var result: String

  private static let calls = 3_000

  func run() async throws {
    let key = try KeyFile(parsing: String(contentsOfFile: keyFile, encoding: .utf8))
    let client = WireClient(
      ClientConfiguration(
        host: "127.0.0.1", port: port, key: key, name: "quiet", version: "bench", group: MultiThreadedEventLoopGroup.singleton))
    var samples = Samples()
    for number in 0..<Self.calls {
      let start = ContinuousClock.now
      _ = try await client.call(Methods.sessionGet, SessionRef(id: session))
      if number >= Self.calls / 10 { samples.add(ContinuousClock.now - start) }
      // A person is no loop.
      try await Task.sleep(for: .milliseconds(1))
    }
    await client.close()
    try Times(median: samples.median, p99: samples.percentile(0.99)).json.description.write(
      toFile: result, atomically: true, encoding: .utf8)
  }

  /// What one run of it found, in seconds.
  struct Times {
    let median: Double
    let p99: Double

    init(median: Double, p99: Double) { (self.median, self.p99) = (median, p99) }

    /// - Throws: `WireError(.internalError)` for a file that is none of its.
    init(_ json: JSONValue) throws {
      guard let median = json["p50"]?.number, let p99 = json["p99"]?.number else {
        throw WireError(.internalError, "the quiet user wrote no figures")
      }
      (self.median, self.p99) = (median, p99)
    }

    var json: JSONValue { ["p50": .number(median), "p99": .number(p99)] }
  }

  /// Runs one to its end.
  static func run(binary: String, service: Service, session: String) async throws -> Times {
    let result = "\(service.folder)/quiet.json"
    try? FileManager.default.removeItem(atPath: result)
    let program = try ChildProgram(
      binary,
      [
        "quiet-user", "--port", "\(service.port)", "--key-file", "\(service.folder)/data/admin.key", "--session", session,
        "--result", result,
      ])
    defer { program.stop() }
    let deadline = ContinuousClock.now + .seconds(120)
    while ContinuousClock.now < deadline {
      if let text = try? String(contentsOfFile: result, encoding: .utf8) { return try Times(JSONValue(parsing: text)) }
      try await Task.sleep(for: .milliseconds(20))
    }
    throw WireError(.unavailable, "the quiet user did not end within two minutes")
  }
}
