import Testing
import Wire

@testable import SessionService

/// Texts that make Unicode's algorithms work hard go through everything that reads, compares or indexes text.
@Suite struct HostileTextTests {
  /// Two marks of different classes: sorting a run of them takes time with its square.
  private static func marks(_ bytes: Int) -> String { String(repeating: "\u{344}\u{323}", count: bytes / 4) }

  /// - Parameter seconds: generous for a busy machine; what is tested took minutes.
  private func isDone(within seconds: Int, _ body: @escaping @Sendable () async throws -> Void) async throws -> Bool {
    let clock = ContinuousClock()
    let start = clock.now
    try await body()
    return clock.now - start < .seconds(seconds)
  }

  @Test func searchesAndMemoriesCostWhatTheirBytesCost() async throws {
    try await withService { test in
      try await test.makeConnection()
      let admin = test.admin
      let isQuick = try await isDone(within: 20) {
        for offset in 0..<4 {
          let text = Self.marks(48_000 + offset * 4) + " x"
          _ = try await admin.call(
            Methods.memoryRemember,
            .with {
              ($0.dbConnectionId, $0.namespace, $0.key) = ("flights", "facts", "hostile \(offset)")
              ($0.content, $0.value) = (text, "{\"\(Self.marks(16_000))\":1,\"\(Self.marks(16_000))b\":2}")
            })
          _ = try await admin.call(Methods.memoryRecall, .with { ($0.dbConnectionId, $0.query) = ("flights", text) })
          _ = try await admin.call(
            Methods.knowledgePut,
            .with { request in
              request.knowledge = .with {
                ($0.dbConnectionId, $0.kind, $0.name) = ("flights", .instruction, "i\(offset)")
                ($0.text, $0.condition) = (text, String(text.unicodeScalars.prefix(100)))
              }
            })
          _ = try await admin.call(
            Methods.knowledgeBackground, .with { ($0.dbConnectionId, $0.question) = ("flights", text) })
        }
      }
      #expect(isQuick)
    }
  }

  @Test func aLongQueryIsAnsweredAndTheServiceLivesOn() async throws {
    try await withService { test in
      try await test.makeConnection()
      let viewer = try await test.client(.viewer)
      let admin = test.admin
      let isQuick = try await isDone(within: 20) {
        for _ in 0..<8 {
          let query = Self.marks(800_000)
          _ = try? await viewer.call(Methods.memoryRecall, .with { ($0.dbConnectionId, $0.query) = ("flights", query) })
        }
        _ = try await admin.call(Methods.connectionList, .with { $0 = .init() })
      }
      await viewer.close()
      #expect(isQuick)
    }
  }
}
