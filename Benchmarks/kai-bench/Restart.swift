import Foundation
import RawNode
import Wire

/// How soon kai-session serves again after a kill -9, with a database of a gigabyte.
struct Restart {
  let service: Service
  let admin: WireClient
  let node: RawNode

  private static let rounds = 5
  private static let databaseBytes = 1 << 30
  private static let bodyBytes = 2 * 1024 * 1024

  func figures() async throws -> [Figure] {
    try await fill()
    let stored = Double(try service.storedBytes()) / Double(1 << 30)
    var samples = Samples()
    for _ in 0..<Self.rounds { samples.add(.seconds(try service.restart())) }
    return [
      Figure(
        name: "kai-session killed -9 until it serves again, \(format(stored)) GiB", value: samples.median, unit: "s",
        bar: "≤ 2 s", isMet: samples.median <= 2)
    ]
  }

  private func fill() async throws {
    let session = try await admin.call(Methods.sessionCreate, .with { $0.dbConnectionId = "bench" }).message
    _ = try await admin.call(Methods.taskSubmit, .with { ($0.sessionId, $0.prompt) = (session.id, "fill") })
    guard let assignment = await node.nextAssignment() else { return }
    let text = incompressible(bytes: Self.bodyBytes / 8, seed: 5).map { String($0, radix: 16) }.joined()
    let entry = TranscriptEntry.with { $0.user = .with { $0.text = String(text.prefix(200_000)) } }
    let body = try CheckpointArchive.seal(.with { $0.entries = Array(repeating: entry, count: 1) })
    var step: UInt64 = 0
    while try service.storedBytes() < Self.databaseBytes {
      for _ in 0..<64 {
        try await node.commit(assignment, parent: step, body: body)
        step += 1
      }
    }
  }
}
