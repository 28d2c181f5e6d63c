import Foundation
import NIOCore
import Testing
import Wire

@testable import AgentService
@testable import SessionService

/// Storage is linear in what was said: the steps and snapshots that an agent commits, on the real store.
@Suite struct StorageGrowthTests {
  /// What a session of so many steps takes, in bytes: the whole file, and the compressed bodies alone.
  private func cost(steps count: Int) async throws -> (file: Int, bodies: Int, snapshots: Int) {
    let folder = NSTemporaryDirectory() + "kai-growth-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let surroundings = Surroundings(
      now: { Timestamp(microseconds: 1) }, randomBytes: { count in (0..<count).map { _ in .random(in: 0...(.max)) } })
    let store = try SQLiteStore(
      path: folder + "/kai.db", options: SQLiteStoreOptions(surroundings: surroundings), migrations: Migrations.all)
    let segment = try await store.write { (transaction) throws(WireError) in
      try SegmentRepository.make(parent: nil, baseStep: 0, in: transaction)
    }
    var transcript = Transcript(taskId: "task_000000000001")
    var bodies = 0
    var snapshots = 0
    var words = Words()
    for step in 1..<UInt64(count + 1) {
      let entries = [TranscriptEntry.of(Timestamp()) { $0.assistant = .with { $0.text = words.text(words: 60) } }]
      let body = try CheckpointArchive.seal(.with { $0.entries = entries })
      var snapshot: CheckpointArchive.Sealed?
      if transcript.wantsSnapshot(with: entries) {
        snapshot = try CheckpointArchive.seal(.with { $0.entries = transcript.entries + entries }, as: .snapshot)
      }
      transcript.append(entries)
      if snapshot != nil { transcript.snapshotTaken() }
      bodies += body.bytes.readableBytes
      snapshots += snapshot == nil ? 0 : 1
      let checkpoint = Checkpoint.with {
        $0.step = step
        $0.epoch = 1
        $0.taskId = "task_000000000001"
        $0.nodeId = "node_000000000001"
        $0.kind = .step
        $0.bodyBytes = UInt32(body.bytes.readableBytes)
        $0.snapshotBytes = UInt32(snapshot?.bytes.readableBytes ?? 0)
      }
      let bytes = ([UInt8](buffer: body.bytes), snapshot.map { [UInt8](buffer: $0.bytes) } ?? [])
      try await store.write { (transaction) throws(WireError) in
        try CheckpointRepository.append(
          checkpoint, body: bytes.0, snapshot: bytes.1, segmentId: segment, in: transaction)
      }
    }
    store.close()
    let size = try FileManager.default.attributesOfItem(atPath: folder + "/kai.db")[.size] as? Int ?? 0
    return (size, bodies, snapshots)
  }

  @Test func tenTimesTheStepsCostTenTimesTheBytes() async throws {
    let empty = try await cost(steps: 0).file
    var perStep: [Double] = []
    for steps in [1_000, 10_000] {
      let cost = try await cost(steps: steps)
      perStep.append(Double(cost.file - empty) / Double(steps))
      print(
        "storage: \(steps) steps, \((cost.file - empty) / steps) bytes a step in the file, \(cost.bodies / steps) of them "
          + "compressed bodies, \(cost.snapshots) snapshots")
      #expect(cost.snapshots > 0)
    }
    #expect(perStep[1] < 1.2 * perStep[0])
  }
}

/// Text that compresses about as well as prose does: words of a vocabulary, drawn by a generator with a fixed seed.
private struct Words {
  private var state: UInt64 = 42

  mutating func text(words: Int) -> String {
    (0..<words).map { _ in word() }.joined(separator: " ")
  }

  private mutating func word() -> String {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    // The square makes some words much more frequent than others.
    let rank = (state >> 33) % 64
    return "w" + String(rank * rank + (state >> 45) % 8, radix: 36)
  }
}
