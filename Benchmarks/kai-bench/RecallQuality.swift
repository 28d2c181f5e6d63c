import AgentService
import Foundation
import SQLite
import Wire

/// How well recall finds what was taught: the facts of Evaluation/recall.tsv in many scopes, with other values in each, asked for in
/// their own words, in others, with a slip of the pen and in Indonesian. Beside it plain full-text search (FTS5) on the same scope.
struct RecallQuality {
  let service: Service
  let admin: WireClient
  let file: String
  /// Specs of embedders, as of `kai-agent --embedder`, each measured beside words alone.
  let embedders: [String]
  let embedderUrl: String?
  let startNode: (_ embedder: String, _ url: String?) throws -> ChildProgram

  private static let connection = "recall"
  private static let scopes = 24
  private static let listed = 10

  struct Fact {
    let key: String
    let text: String
    let slots: [String]
    let questions: [(kind: String, text: String)]

    init?(_ line: Substring) {
      let parts = line.split(separator: "\t", omittingEmptySubsequences: false).map { String($0) }
      guard parts.count == 6 else { return nil }
      (key, text, slots) = (parts[0], parts[1], parts[2].split(separator: "|").map { String($0) })
      questions = [
        ("direct", parts[3]), ("paraphrase", parts[4]), ("one slip", Self.slip(parts[3])), ("Indonesian", parts[5]),
      ]
    }

    /// Two letters of the longest word swapped.
    private static func slip(_ text: String) -> String {
      var words = text.split(separator: " ").map { String($0) }
      guard let place = words.indices.max(by: { words[$0].count < words[$1].count }) else { return text }
      var letters = Array(words[place])
      if letters.count > 3 { letters.swapAt(letters.count / 2, letters.count / 2 - 1) }
      words[place] = String(letters)
      return words.joined(separator: " ")
    }

    func said(in scope: Int) -> String { text.replacingOccurrences(of: "{}", with: slots[scope % slots.count]) }
  }

  /// Of one way of searching and one kind of question.
  struct Tally {
    private var ranks: [Int?] = []

    mutating func add(_ rank: Int?) { ranks.append(rank) }

    func recall(at limit: Int) -> Double {
      Double(ranks.count { $0.map { $0 < limit } ?? false }) / Double(max(1, ranks.count))
    }

    /// Normalised discounted cumulative gain of one relevant memory: 1 / log2(rank + 1).
    var nDCG: Double {
      ranks.reduce(0) { $0 + ($1.map { 1 / log2(Double($0) + 2) } ?? 0) } / Double(max(1, ranks.count))
    }

    var count: Int { ranks.count }
  }

  func figures() async throws -> [Figure] {
    let facts = try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n").dropFirst().compactMap(Fact.init)
    let scopes = try await fill(facts)
    let plain = try PlainSearch(facts, scopes: Self.scopes, path: service.folder + "/plain.db")
    var ways: [(name: String, embedder: (any Embedder)?)] = [("kai-session", nil)]
    for spec in embedders {
      guard let embedder = try Embedders.make(spec, url: embedderUrl) else { continue }
      try await embed(spec)
      ways.append(("with \(embedder.name)", embedder))
    }
    var tallies: [String: [String: Tally]] = [:]
    var leaks = 0
    for (number, scope) in scopes.enumerated() {
      for fact in facts {
        for question in fact.questions {
          for way in ways {
            let hits = try await recall(question.text, scope, way.embedder)
            leaks += hits.count { $0.scope != scope }
            tallies[way.name, default: [:]][question.kind, default: Tally()].add(hits.firstIndex { $0.key == fact.key })
          }
          let rows = try plain.search(question.text, scope: number)
          tallies["plain FTS5", default: [:]][question.kind, default: Tally()].add(rows.firstIndex(of: fact.key))
        }
      }
    }
    var figures: [Figure] = []
    for name in ["plain FTS5"] + ways.map(\.name) {
      for kind in ["direct", "paraphrase", "one slip", "Indonesian"] {
        guard let tally = tallies[name]?[kind] else { continue }
        let title = "\(name), \(kind), \(tally.count) questions"
        figures.append(Figure(name: "\(title): recall@5", value: tally.recall(at: 5) * 100, unit: "%"))
        figures.append(Figure(name: "\(title): recall@10", value: tally.recall(at: 10) * 100, unit: "%"))
        figures.append(Figure(name: "\(title): nDCG@10", value: tally.nDCG * 100, unit: "%"))
      }
    }
    if let direct = tallies["kai-session"]?["direct"], let slip = tallies["kai-session"]?["one slip"] {
      let cost = (direct.recall(at: 10) - slip.recall(at: 10)) * 100
      figures.append(
        Figure(name: "a slip of the pen costs, recall@10", value: cost, unit: "points", bar: "≤ 2", isMet: cost <= 2))
    }
    figures.append(
      Figure(name: "memories of other scopes that were found", value: Double(leaks), unit: "", bar: "0", isMet: leaks == 0))
    return figures
  }

  private func fill(_ facts: [Fact]) async throws -> [String] {
    _ = try await admin.call(
      Methods.connectionCreate, .with { ($0.id, $0.uri) = (Self.connection, "sqlite://\(service.folder)/data.db") })
    var scopes: [String] = []
    for number in 0..<Self.scopes {
      let session = try await admin.call(Methods.sessionCreate, .with { $0.dbConnectionId = Self.connection }).message.id
      scopes.append(session)
      for fact in facts {
        // Every third fact was something else before: what holds is what counts.
        for version in (fact.key.count % 3 == 0 ? [number + 1, number] : [number]) {
          _ = try await admin.call(
            Methods.memoryRemember,
            .with {
              ($0.dbConnectionId, $0.scope, $0.namespace) = (Self.connection, session, "facts")
              ($0.key, $0.content) = (fact.key, fact.said(in: version))
            })
        }
      }
    }
    return scopes
  }

  /// Lets a real node embed everything.
  private func embed(_ spec: String) async throws {
    let node = try startNode(spec, embedderUrl)
    defer { node.stop() }
    let deadline = ContinuousClock.now + .seconds(600)
    while ContinuousClock.now < deadline {
      let state = try await admin.call(Methods.embeddingReindex, .with { $0.dbConnectionId = Self.connection }).message
      if state.models.count > embedders.firstIndex(of: spec) ?? 0, state.models.allSatisfy({ $0.embedded == state.memories }) {
        return
      }
      try await Task.sleep(for: .milliseconds(100))
    }
    throw WireError(.deadlineExceeded, "\(spec) did not embed everything in ten minutes")
  }

  private func recall(_ question: String, _ scope: String, _ embedder: (any Embedder)?) async throws -> [Memory] {
    let direction = try await embedder?.embed([question]).first
    return try await admin.call(
      Methods.memoryRecall,
      .with {
        ($0.dbConnectionId, $0.sessionId, $0.query, $0.limit) = (Self.connection, scope, question, UInt32(Self.listed))
        if let embedder, let direction {
          $0.embedding = .with { ($0.model, $0.vector) = (embedder.name, Embedding.bytes(direction)) }
        }
      }
    ).message.hits.compactMap(\.memory)
  }
}

/// What a program has that puts the same facts into SQLite's full-text index and asks it for the question's words.
private struct PlainSearch {
  private let connection: SQLiteConnection

  init(_ facts: [RecallQuality.Fact], scopes: Int, path: String) throws {
    connection = try SQLiteConnection(path: path, access: .readWriteCreate)
    try connection.execute(script: "CREATE VIRTUAL TABLE facts USING fts5 (scope UNINDEXED, name UNINDEXED, content)")
    let insert = try connection.prepare("INSERT INTO facts VALUES (?, ?, ?)")
    for scope in 0..<scopes {
      for fact in facts {
        try insert.bind([.text("\(scope)"), .text(fact.key), .text(fact.key + " " + fact.said(in: scope))])
        _ = try insert.step()
        insert.reset()
      }
    }
  }

  func search(_ text: String, scope: Int) throws -> [String] {
    let words = text.split { !$0.isLetter && !$0.isNumber }.map { "\"\($0)\"" }.joined(separator: " OR ")
    let query = try connection.prepare(
      "SELECT name FROM facts WHERE facts MATCH ? AND scope = ? ORDER BY bm25(facts) LIMIT 10")
    try query.bind([.text(words), .text("\(scope)")])
    var names: [String] = []
    while try query.step() { names.append(query.text(0)) }
    return names
  }
}
