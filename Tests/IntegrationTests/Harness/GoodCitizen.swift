import Foundation
import Testing
import Wire

/// A well-behaved client that works without a pause while others misbehave, on one connection that must never break.
final class GoodCitizen: Sendable {
  private let client: WireClient
  private let calls = Holder(0)
  private let failures = Holder<[String]>([])
  private let work: Task<Void, Never>
  private let watch: Task<Void, Never>

  init(_ client: WireClient) {
    self.client = client
    let (calls, failures) = (calls, failures)
    work = Task {
      while !Task.isCancelled {
        do throws(WireError) {
          let made = try await client.call(Methods.sessionCreate, .with { $0.dbConnectionId = "shop" }, timeout: .seconds(5))
          _ = try await client.call(Methods.sessionGet, SessionRef(id: made.message.id), timeout: .seconds(5))
          calls.value += 1
        } catch {
          if error.errorCode != .cancelled { failures.value += ["\(error)"] }
        }
        try? await Task.sleep(for: .milliseconds(5))
      }
    }
    watch = Task {
      for await state in client.states() {
        if case .lost(let error) = state { failures.value += ["lost its connection: \(error)"] }
      }
    }
  }

  /// Waits for one more round of calls, and sees that nothing has gone wrong so far.
  func goesOn(after what: String, _ location: SourceLocation = #_sourceLocation) async throws {
    let before = calls.value
    _ = try await eventually("the others' work goes on after \(what): \(failures.value)", within: 10) {
      calls.value > before + 1 || !failures.value.isEmpty ? true : nil
    }
    #expect(failures.value == [], "after \(what)", sourceLocation: location)
  }

  func stop() async {
    work.cancel()
    await work.value
    await client.close()
    await watch.value
  }
}

extension RunningProcess {
  /// The most physical memory that the process has had so far, in bytes.
  var peakResidentBytes: Int {
    get throws {
      let status = try String(contentsOfFile: "/proc/\(processId)/status", encoding: .utf8)
      let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") })
      return try #require(line.split(whereSeparator: \.isWhitespace).compactMap { Int($0) }.first) * 1024
    }
  }
}
