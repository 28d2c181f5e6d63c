import Foundation

/// A folder of one test, gone when the test is.
final class TemporaryFolder: Sendable {
  let path: String

  init() throws {
    path = FileManager.default.temporaryDirectory.appending(path: "kai-it-\(UUID().uuidString.prefix(8))").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func file(_ name: String) -> String { "\(path)/\(name)" }
}

/// Waits until `condition` gives a value.
/// - Throws: ``TimedOut`` after `seconds`.
func eventually<T>(
  _ what: String, within seconds: Double = 20, _ condition: () async throws -> T?
) async throws -> T {
  let deadline = ContinuousClock.now + .seconds(seconds)
  while ContinuousClock.now < deadline {
    if let value = try await condition() { return value }
    try await Task.sleep(for: .milliseconds(20))
  }
  throw TimedOut(what: what)
}

struct TimedOut: Error, CustomStringConvertible {
  let what: String
  var description: String { "waited in vain for: \(what)" }
}
