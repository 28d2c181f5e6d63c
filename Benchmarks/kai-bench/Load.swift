import Crypto
import NIOCore
import RawNode
import Synchronization
import Wire

/// What a quiet user feels while the service has all that it can take: idle connections, watchers that do not read, a flood of tasks, a
/// large upload. Nothing may end, and no heartbeat may be late.
struct Load {
  let service: Service
  /// This program, which is the quiet user, too.
  let binary: String
  let admin: WireClient
  let node: RawNode

  private static let idle = 1_000
  private static let watchers = 200
  private static let floods = 10
  private static let uploadBytes = 200 * 1024 * 1024
  private static let leases = 32

  private final class Flood: Sendable {
    let submitted = Atomic<Int>(0)
    let isOver = Atomic<Bool>(false)
  }

  func figures() async throws -> [Figure] {
    let session = try await admin.call(Methods.sessionCreate, .with { $0.dbConnectionId = "bench" }).message.id
    // The machine's own noise is in each of them: the middle one counts.
    var before: [QuietUser.Times] = []
    for _ in 0..<3 { before.append(try await quietUser(session)) }
    let alone = before.sorted { $0.p99 < $1.p99 }[1]
    // Leases that must outlive all of it.
    for _ in 0..<Self.leases {
      let other = try await admin.call(Methods.sessionCreate, .with { $0.dbConnectionId = "bench" }).message.id
      _ = try await admin.call(Methods.taskSubmit, .with { ($0.sessionId, $0.prompt) = (other, "hold") })
    }
    var held: [Assignment] = []
    while held.count < Self.leases, let next = await node.nextAssignment() { held.append(next) }

    var idle: [WireClient] = []
    for _ in 0..<Self.idle {
      let client = try service.adminClient()
      try await client.connect()
      idle.append(client)
    }
    var stalled: [ItemStream<Event>] = []
    for number in 0..<Self.watchers {
      stalled.append(
        try idle[number % idle.count].stream(
          Methods.taskWatch, .with { ($0.sessionId, $0.tokens) = (session, true) }, window: .manual(items: 1)))
    }
    let waiting = try await quietUser(session)
    let flood = Flood()
    let (loaded, uploaded) = try await withThrowingTaskGroup(of: Void.self) { group in
      for client in idle.prefix(Self.floods) {
        group.addTask {
          let own = try await client.call(Methods.sessionCreate, .with { $0.dbConnectionId = "bench" }).message.id
          while !flood.isOver.load(ordering: .relaxed) {
            _ = try await client.call(Methods.taskSubmit, .with { ($0.sessionId, $0.prompt) = (own, "flood") })
            flood.submitted.wrappingAdd(1, ordering: .relaxed)
          }
        }
      }
      let uploader = idle[500]
      let uploading = Task { try await Self.upload(uploader, session) }
      let loaded = try await quietUser(session)
      let seconds = try await uploading.value
      flood.isOver.store(true, ordering: .relaxed)
      try await group.waitForAll()
      return (loaded, seconds)
    }
    var lost = 0
    for assignment in held where (try? await node.commit(assignment, parent: 0)) ?? 0 == 0 { lost += 1 }
    let memory = service.residentMiB
    for stream in stalled { _ = stream }
    for client in idle { await client.close() }
    let ratio = loaded.p99 / alone.p99
    return [
      Figure(name: "session.get of a quiet user, p50 / alone", value: alone.median * 1e3, unit: "ms"),
      Figure(name: "session.get of a quiet user, p99 / alone", value: alone.p99 * 1e3, unit: "ms"),
      Figure(
        name: "p99 beside \(Self.idle) idle clients, \(Self.watchers) stalled watchers", value: waiting.p99 * 1e3,
        unit: "ms"),
      Figure(
        name: "p99 with a flood of tasks and 200 MiB uploaded too", value: loaded.p99 * 1e3, unit: "ms",
        against: "alone",
        ratio: ratio, bar: "≤ 3 ×", isMet: ratio <= 3),
      Figure(name: "tasks taken in the flood", value: Double(flood.submitted.load(ordering: .relaxed)), unit: "tasks"),
      Figure(name: "the upload of 200 MiB meanwhile", value: uploaded, unit: "s"),
      Figure(name: "leases lost of \(Self.leases)", value: Double(lost), unit: "", bar: "0", isMet: lost == 0),
      Figure(name: "kai-session: memory under all of it", value: memory, unit: "MiB", bar: "≤ 512 MiB", isMet: memory <= 512),
    ]
  }

  private func quietUser(_ session: String) async throws -> QuietUser.Times {
    try await QuietUser.run(binary: binary, service: service, session: session)
  }

  /// - Returns: the seconds that it took.
  private static func upload(_ client: WireClient, _ session: String) async throws -> Double {
    let chunk = ByteBuffer(bytes: [UInt8](repeating: 7, count: Limits.chunkBytes))
    let count = Self.uploadBytes / Limits.chunkBytes
    var hasher = SHA256()
    for _ in 0..<count { chunk.withUnsafeReadableBytes { hasher.update(bufferPointer: $0) } }
    let hash = Array(hasher.finalize())
    let start = ContinuousClock.now
    let chunks = AsyncStream<ByteBuffer> { continuation in
      for _ in 0..<count { continuation.yield(chunk) }
      continuation.finish()
    }
    _ = try await client.upload(
      Methods.artifactPut,
      .with {
        ($0.sessionId, $0.path, $0.mediaType) = (session, "large.bin", "application/octet-stream")
        ($0.size, $0.sha256) = (UInt64(Self.uploadBytes), hash)
      }, chunks: chunks)
    return (ContinuousClock.now - start).seconds
  }
}
