import Foundation
import NIOCore
import RawNode
import SQLite
import Wire

/// Durable steps over the wire, beside the limit of the disk in the same run.
struct Commits {
  let service: Service
  let admin: WireClient
  let node: RawNode
  static let sessions = 64
  static let bodyBytes = 2_048

  func figures() async throws -> [Figure] {
    let raw = RawSQLite(folder: service.folder)
    var single = 0.0
    var batched = 0.0
    var ours = 0.0
    let body = try stepBody()
    var work = try await assignments(Self.sessions).map { (assignment: $0, step: UInt64(0)) }
    let before = try await storeFigures()
    // Interleaved three times: the disk of the moment is the same for all. The best of each counts.
    for _ in 0..<3 {
      single = max(single, try raw.rowsPerSecond(batch: 1, seconds: 1))
      batched = max(batched, try raw.rowsPerSecond(batch: 64, seconds: 2))
      ours = max(ours, try await commitsPerSecond(&work, body, seconds: 3))
    }
    let after = try await storeFigures()
    return [
      Figure(name: "raw SQLite, 2 KiB rows, batch 1", value: single, unit: "rows/s"),
      Figure(name: "raw SQLite, 2 KiB rows, batch 64", value: batched, unit: "rows/s"),
      Figure(
        name: "commits of 2 KiB, \(Self.sessions) sessions at once", value: ours, unit: "commits/s",
        against: "raw SQLite, batch 64", ratio: ours / batched, bar: "≥ 0.5 ×", isMet: ours >= 0.5 * batched),
      Figure(
        name: "commits that share an fsync, average", value: (after.units - before.units) / (after.commits - before.commits),
        unit: "commits"),
    ] + (try await oneSession(body, syncSeconds: 1 / single))
  }

  /// What the service has run and committed so far.
  private func storeFigures() async throws -> (units: Double, commits: Double) {
    let stats = try await admin.call(Methods.serverStats, Empty()).message.stats
    func value(_ name: String) -> Double { stats.first { $0.name == name }?.value ?? 0 }
    return (value("store_units"), value("store_commits"))
  }

  private func stepBody() throws -> CheckpointArchive.Sealed {
    try CheckpointArchive.seal(
      .with {
        $0.entries = [
          .with { entry in
            let text = incompressible(bytes: Self.bodyBytes / 2, seed: 9).map { String($0, radix: 16) }.joined()
            entry.user = .with { $0.text = text }
          }
        ]
      })
  }

  /// Makes sessions with a task each, and takes them all.
  private func assignments(_ count: Int) async throws -> [Assignment] {
    for _ in 0..<count {
      let session = try await admin.call(Methods.sessionCreate, .with { $0.dbConnectionId = "bench" }).message
      _ = try await admin.call(
        Methods.taskSubmit,
        .with {
          $0.sessionId = session.id
          $0.prompt = "bench"
        })
    }
    var assignments: [Assignment] = []
    while assignments.count < count, let next = await node.nextAssignment() { assignments.append(next) }
    return assignments
  }

  private func commitsPerSecond(
    _ work: inout [(assignment: Assignment, step: UInt64)], _ body: CheckpointArchive.Sealed, seconds: Double
  ) async throws -> Double {
    let start = ContinuousClock.now
    let deadline = start + .seconds(seconds)
    let before = work.reduce(0) { $0 + $1.step }
    work = try await withThrowingTaskGroup(of: (Assignment, UInt64).self) { group in
      for (assignment, step) in work {
        group.addTask { [node] in
          var step = step
          while ContinuousClock.now < deadline {
            try await node.commit(assignment, parent: step, body: body)
            step += 1
          }
          return (assignment, step)
        }
      }
      return try await group.reduce(into: []) { $0.append(($1.0, $1.1)) }
    }
    let after = work.reduce(0) { $0 + $1.step }
    return Double(after - before) / (ContinuousClock.now - start).seconds
  }

  /// One session alone: latency as it grows, what it takes on disk, and listing its steps.
  private func oneSession(_ body: CheckpointArchive.Sealed, syncSeconds: Double) async throws -> [Figure] {
    guard let assignment = try await assignments(1).first, let session = assignment.session else { return [] }
    var samples: [Double] = []
    let storedBefore = try service.storedBytes()
    for step in 0..<1_020 {
      let start = ContinuousClock.now
      try await node.commit(assignment, parent: UInt64(step), body: body)
      samples.append((ContinuousClock.now - start).seconds)
    }
    let stored = Double(try service.storedBytes() - storedBefore) / Double(samples.count)
    func around(_ step: Int) -> Samples {
      var window = Samples()
      for index in max(0, step - 10)..<min(samples.count, step + 10) { window.add(.seconds(samples[index])) }
      return window
    }
    let early = around(10).median
    let late = around(1_000).median
    var lists = Samples()
    for _ in 0..<50 {
      let start = ContinuousClock.now
      let page = try await admin.call(Methods.checkpointList, .with { $0.sessionId = session.id }).message
      guard page.checkpoints.count == 100 else { throw WireError(.internalError, "the list has \(page.checkpoints.count) steps") }
      lists.add(ContinuousClock.now - start)
    }
    let alone = Samples.of(samples).median
    return [
      Figure(
        name: "one session alone, commit p50", value: alone * 1e3, unit: "ms", against: "one raw commit",
        ratio: alone / syncSeconds,
        bar: "≤ 1.5 × + 0.2 ms", isMet: alone <= 1.5 * syncSeconds + 0.0002),
      Figure(name: "one session alone, commit p99", value: Samples.of(samples).percentile(0.99) * 1e3, unit: "ms"),
      Figure(name: "commit p50 around step 10", value: early * 1e3, unit: "ms"),
      Figure(name: "commit p50 around step 100", value: around(100).median * 1e3, unit: "ms"),
      Figure(
        name: "commit p50 around step 1 000", value: late * 1e3, unit: "ms", against: "step 10", ratio: late / early,
        bar: "≤ 1.2 ×", isMet: late <= 1.2 * early),
      Figure(
        name: "stored a step (body of \(body.bytes.readableBytes) B)", value: stored, unit: "B", against: "the compressed body",
        ratio: stored / Double(body.bytes.readableBytes), bar: "≤ 1.5 ×",
        isMet: stored <= 1.5 * Double(body.bytes.readableBytes)),
      Figure(
        name: "list of 100 checkpoints, p50", value: lists.median * 1e3, unit: "ms", bar: "≤ 5 ms", isMet: lists.median <= 0.005),
    ]
  }
}

extension Samples {
  static func of(_ seconds: [Double]) -> Samples {
    var samples = Samples()
    for value in seconds { samples.add(.seconds(value)) }
    return samples
  }
}
