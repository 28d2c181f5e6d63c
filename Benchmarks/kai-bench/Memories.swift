import RawNode
import Wire

/// Memory under load: remembering, reading and recalling among many, as a client sees it over loopback.
struct Memories {
  let service: Service
  let admin: WireClient
  /// Brings the vectors.
  let agent: WireClient
  /// In the shared scope of one connection.
  let shared: Int
  /// Scopes of sessions, and memories in each.
  let sessions: Int
  let eachSession: Int

  private static let connection = "memories"
  private static let samples = 1_000
  private static let batch = 200

  func figures() async throws -> [Figure] {
    _ = try await admin.call(
      Methods.connectionCreate, .with { ($0.id, $0.uri) = (Self.connection, "sqlite://\(service.folder)/data.db") })
    var text = ZipfText(seed: 7)
    let start = ContinuousClock.now
    try await fill(scope: "shared", count: shared, &text)
    var scopes: [String] = []
    for _ in 0..<sessions {
      let session = try await admin.call(Methods.sessionCreate, .with { $0.dbConnectionId = Self.connection }).message.id
      scopes.append(session)
      try await fill(scope: session, count: eachSession, &text)
    }
    let total = shared + sessions * eachSession
    let seconds = (ContinuousClock.now - start).seconds
    let name = "among \(total / 1_000) k memories" + (sessions > 0 ? " in \(sessions + 1) scopes" : " of one scope")
    var figures = [
      Figure(name: "import of \(total / 1_000) k memories, each", value: seconds / Double(total) * 1e6, unit: "µs"),
      Figure(name: "stored, each memory", value: Double(try service.storedBytes()) / Double(total), unit: "B"),
    ]
    figures += try await measured("remember \(name)", bar: 5, percentile: 0.95) { index, text in
      _ = try await admin.call(
        Methods.memoryRemember,
        .with {
          ($0.dbConnectionId, $0.namespace, $0.key, $0.content) = (Self.connection, "new", "new \(index)", text.sentence(18))
        })
    }
    figures += try await measured("get \(name)", bar: 1, percentile: 0.99) { index, text in
      _ = try await admin.call(
        Methods.memoryGet,
        .with {
          ($0.dbConnectionId, $0.scope, $0.namespace) = (Self.connection, "shared", "facts")
          $0.key = "fact \(index * 97 % max(1, shared))"
        })
    }
    let bar = total > 500_000 ? 10.0 : 5.0
    for (kind, typos) in [("recall", false), ("recall with a typo", true)] {
      figures += try await measured("\(kind) \(name)", bar: bar, percentile: 0.95) { index, text in
        _ = try await admin.call(
          Methods.memoryRecall,
          .with {
            $0.dbConnectionId = Self.connection
            $0.sessionId = scopes.isEmpty ? "" : scopes[index * 31 % scopes.count]
            $0.query = text.question(typo: typos)
          })
      }
    }
    figures += try await turns(name)
    try await embed()
    figures += try await measured("recall by words and \(Self.dimensions) × int8, \(name)", bar: bar, percentile: 0.95) {
      index, text in
      _ = try await admin.call(
        Methods.memoryRecall,
        .with {
          $0.dbConnectionId = Self.connection
          $0.sessionId = scopes.isEmpty ? "" : scopes[index * 31 % scopes.count]
          $0.query = text.question(typo: false)
          $0.embedding = .with { ($0.model, $0.vector) = ("bench", text.vector(Self.dimensions)) }
        })
    }
    return figures
  }

  /// What learning adds to a turn: asking for what was taught, and keeping the turn and a correction with its last step.
  private func turns(_ name: String) async throws -> [Figure] {
    let node = RawNode(client: agent)
    try node.start(slots: 8)
    defer { node.stop() }
    let body = try CheckpointArchive.seal(.with { $0.entries = [.with { $0.user = .with { $0.text = "bench" } }] })
    var text = ZipfText(seed: 5)
    var (whole, plain) = (Samples(), Samples())
    let session = try await admin.call(Methods.sessionCreate, .with { $0.dbConnectionId = Self.connection }).message
    for number in 0..<Self.turns * 2 {
      let question = text.question(typo: false)
      _ = try await admin.call(Methods.taskSubmit, .with { ($0.sessionId, $0.prompt) = (session.id, question) })
      guard let assignment = await node.nextAssignment(), let task = assignment.task else { break }
      let learns = number % 2 == 0
      let start = ContinuousClock.now
      if learns {
        _ = try await agent.call(
          Methods.knowledgeBackground,
          .with { ($0.dbConnectionId, $0.sessionId, $0.question, $0.maxBytes) = (Self.connection, session.id, question, 8_192) })
      }
      let lessons: [MemoryRememberRequest] = [
        .with { ($0.namespace, $0.key, $0.content) = ("session_context", "turn/\(task.id)", question) },
        .with { ($0.namespace, $0.key, $0.content) = ("corrections", "c\(number)", text.sentence(12)) },
      ]
      try await node.finish(assignment, parent: UInt64(number), body: body, lessons: learns ? lessons : [])
      if learns { whole.add(ContinuousClock.now - start) } else { plain.add(ContinuousClock.now - start) }
    }
    let value = whole.percentile(0.95) * 1e3
    return [
      Figure(name: "last commit of a turn without learning, p50", value: plain.median * 1e3, unit: "ms"),
      Figure(name: "the same with inject and capture, \(name), p50", value: whole.median * 1e3, unit: "ms"),
      Figure(
        name: "the same with inject and capture, \(name), p95", value: value, unit: "ms", bar: "≤ 10 ms", isMet: value <= 10),
    ]
  }

  private static let turns = 300
  private static let dimensions = 384

  /// A vector for each memory.
  private func embed() async throws {
    var text = ZipfText(seed: 3)
    var cursor = ""
    while true {
      let found = try await agent.call(
        Methods.embeddingMissing, .with { ($0.model, $0.cursor, $0.limit) = ("bench", cursor, 256) }
      ).message
      let vectors = found.memories.map { memory -> MemoryVector in
        .with { ($0.id, $0.version, $0.vector) = (memory.id, memory.version, text.vector(Self.dimensions)) }
      }
      if !vectors.isEmpty {
        _ = try await agent.call(Methods.embeddingPut, .with { ($0.model, $0.vectors) = ("bench", vectors) })
      }
      cursor = found.cursor
      if found.isEnd { return }
    }
  }

  private func fill(scope: String, count: Int, _ text: inout ZipfText) async throws {
    for start in stride(from: 0, to: count, by: Self.batch) {
      let memories = (start..<min(count, start + Self.batch)).map { index -> Memory in
        .with {
          ($0.scope, $0.namespace, $0.key, $0.content) = (scope, "facts", "fact \(index)", text.sentence(18))
          ($0.importance, $0.value) = (0.5, "{}")
          $0.createdAt = Timestamp(microseconds: 1_790_000_000_000_000 + Int64(index))
          $0.updatedAt = $0.createdAt
        }
      }
      _ = try await admin.call(
        Methods.memoryImport, .with { ($0.dbConnectionId, $0.memories) = (Self.connection, memories) })
    }
  }

  private func measured(
    _ name: String, bar: Double, percentile: Double, _ call: (Int, inout ZipfText) async throws -> Void
  ) async throws -> [Figure] {
    var text = ZipfText(seed: 99)
    var samples = Samples()
    for index in 0..<Self.samples {
      let start = ContinuousClock.now
      try await call(index, &text)
      if index >= Self.samples / 10 { samples.add(ContinuousClock.now - start) }
    }
    let value = samples.percentile(percentile) * 1e3
    return [
      Figure(name: "\(name), p50", value: samples.median * 1e3, unit: "ms"),
      Figure(
        name: "\(name), p\(Int(percentile * 100))", value: value, unit: "ms", bar: "≤ \(format(bar)) ms", isMet: value <= bar),
    ]
  }
}

/// Sentences whose words are as unevenly frequent as those of a language (Zipf), always the same for the same seed.
struct ZipfText {
  private static let words = 20_000
  private static let syllables = [
    "ba", "ke", "ni", "to", "ru", "sa", "me", "li", "po", "du", "fa", "gre", "hin", "jo", "ka", "lor",
  ]
  private var state: UInt64

  init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

  /// SplitMix64 (G. Steele, D. Lea, C. Flood, 2014).
  private mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  private static func word(_ rank: Int) -> String {
    var word = ""
    var rest = rank + 17
    repeat {
      word += syllables[rest % syllables.count]
      rest /= syllables.count
    } while rest > 0
    return word + "n"
  }

  private mutating func rank() -> Int {
    // Of a uniform u, the rank n^u is distributed as 1/rank.
    let uniform = Double(next() >> 11) / Double(1 << 53)
    var rank = 1.0
    var base = Double(Self.words)
    var exponent = uniform
    // n^u without a mathematics library: square roots for each bit of u.
    for _ in 0..<30 {
      base = base.squareRoot()
      exponent *= 2
      if exponent >= 1 {
        rank *= base
        exponent -= 1
      }
    }
    return min(Self.words - 1, Int(rank) - 1)
  }

  /// Bytes at random.
  mutating func vector(_ dimensions: Int) -> [UInt8] {
    (0..<dimensions / 8).flatMap { _ in withUnsafeBytes(of: next()) { Array($0) } }
  }

  mutating func sentence(_ count: Int) -> String { (0..<count).map { _ in Self.word(rank()) }.joined(separator: " ") }

  /// Four words, one of them misspelt.
  mutating func question(typo: Bool) -> String {
    var words = (0..<4).map { _ in Self.word(rank()) }
    if typo, let place = words.firstIndex(where: { $0.count >= 7 }) ?? words.indices.first {
      var letters = Array(words[place])
      letters.swapAt(1, 2)
      words[place] = String(letters)
    }
    return words.joined(separator: " ")
  }
}
