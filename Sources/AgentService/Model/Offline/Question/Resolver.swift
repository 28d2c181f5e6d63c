import Words

extension Analyst {
  /// Gives a draft its meaning on a schema: tries each table as the one whose rows are counted, and keeps the reading that
  /// explains most of the question with the fewest detours.
  struct Resolver {
    let schema: Schema
    let draft: Draft
    let values: [ValueMatch]
    let lessons: [Lesson]
    let fact: Int
    /// Ways from the fact table to those that it refers to; the empty way is the fact table itself.
    let paths: [[Relation]]

    var query: Query
    var score = 0.0
    /// What had to be found and was not.
    var missing: [String] = []

    struct Reading {
      var query: Query
      var missing: [String]
      var score: Double
    }

    /// Points for a resolved part of the question, and for what the reading leaves out.
    enum Points {
      static let measure = 3.0
      static let group = 2.0
      static let filter = 2.0
      static let mention = 1.0
      static let hop = -0.15
      static let unexplained = -1.5
      static let missing = -3.0
    }

    static func read(_ draft: Draft, _ schema: Schema, _ values: [ValueMatch], _ lessons: [Lesson]) -> Reading? {
      var best: Reading?
      for table in schema.tables.indices where !schema.tables[table].columns.isEmpty {
        var resolver = Resolver(schema, draft, values, lessons, fact: table)
        resolver.resolve()
        // Of two equal readings, the table with more rows is the one where things happen.
        let size = Double(min(max(schema.tables[table].rows ?? 0, 0), 1_000_000)) / 1e8
        let total = resolver.score + size - (schema.tables[table].isView ? 0.2 : 0)
        if best.map({ total > $0.score + 1e-9 }) ?? true {
          best = Reading(query: resolver.query, missing: resolver.missing, score: total)
        }
      }
      return best
    }

    private init(_ schema: Schema, _ draft: Draft, _ values: [ValueMatch], _ lessons: [Lesson], fact: Int) {
      self.schema = schema
      self.draft = draft
      self.values = values
      self.lessons = lessons
      self.fact = fact
      paths = [[]] + schema.paths(from: fact)
      query = Query(fact: fact, shape: .rows(by: nil))
    }

    private mutating func resolve() {
      query.limit = draft.limit
      let measure = resolveMeasure()
      var countsRows = false
      if case .rows? = measure { countsRows = draft.measure == nil }
      resolveGroups(countsRows: countsRows)
      resolveShape(measure)
      resolveFilters()
      if query.descending == nil, draft.limit != nil, draft.superlative == nil, !query.groups.isEmpty { query.descending = true }
      score += Points.unexplained * Double(query.unexplained.count) + Points.missing * Double(missing.count)
    }

    func table(at path: [Relation]) -> Int { path.last?.to.table ?? fact }

    // MARK: Names

    struct ColumnHit {
      var operand: Operand
      var ref: ColumnRef
      var score: Double
      var used: Set<Int>
      var hops: Int
    }

    /// The columns that the words name, best first. A way through a column that the sentence points to ranks higher.
    func columns(
      _ words: [String], preposition: Preposition? = nil, ownOnly: Bool = false, where isWanted: (Column) -> Bool = { _ in true }
    ) -> [ColumnHit] {
      var hits: [ColumnHit] = []
      for path in ownOnly ? [[]] : paths {
        let table = schema.tables[table(at: path)]
        for index in table.columns.indices where isWanted(table.columns[index]) {
          guard let match = NameMatcher.column(table.columns[index], of: table, words) else { continue }
          let ref = ColumnRef(table: self.table(at: path), column: index)
          hits.append(
            ColumnHit(
              operand: .column(path: path, ref: ref), ref: ref,
              score: match.score + Points.hop * Double(path.count) + direction(path, preposition, words) * 0.1,
              used: match.used, hops: path.count))
        }
      }
      // A stable sort: of equals, the first column of the nearest table.
      return hits.enumerated().sorted { ($0.element.score, -$0.offset) > ($1.element.score, -$1.offset) }.map(\.element)
    }

    struct TableHit {
      var path: [Relation]
      var score: Double
      var used: Set<Int>
    }

    func tables(_ words: [String], preposition: Preposition? = nil) -> [TableHit] {
      var hits: [TableHit] = []
      for path in paths {
        guard let match = NameMatcher.table(schema.tables[table(at: path)], words) else { continue }
        let bonus = direction(path, preposition, words) * 0.1
        hits.append(TableHit(path: path, score: match.score + Points.hop * Double(path.count) + bonus, used: match.used))
      }
      return hits.enumerated().sorted { ($0.element.score, -$0.offset) > ($1.element.score, -$1.offset) }.map(\.element)
    }

    /// 1 when the way's first column says what the preposition or a word says: `to` and `dest`.
    func direction(_ path: [Relation], _ preposition: Preposition?, _ words: [String]) -> Double {
      guard let first = path.first else { return 0 }
      let names = schema.column(first.from).words
      if names.contains(where: { name in words.contains { WordSimilarity.score($0, name) >= WordSimilarity.abbreviation } }) {
        return 1
      }
      return Self.suits(names, preposition) ? 1 : 0
    }

    static func suits(_ names: [String], _ preposition: Preposition?) -> Bool {
      let wanted: [String]
      switch preposition {
      case .from: wanted = ["origin", "from", "source", "src", "start", "departure", "sender", "seller"]
      case .to: wanted = ["dest", "destination", "to", "target", "end", "arrival", "recipient", "receiver"]
      case .place: wanted = ["city", "country", "state", "region", "location", "place", "continent", "town"]
      case .with, .of, nil: return false
      }
      return names.contains(where: wanted.contains)
    }

    /// The lesson whose word stands in the phrase, and where.
    func lesson(_ phrase: Phrase) -> (Lesson, Int)? {
      for (index, token) in phrase.tokens.enumerated() {
        if let lesson = lessons.first(where: { $0.word == token.folded || Fold.stem($0.word) == Fold.stem(token.folded) }) {
          return (lesson, index)
        }
      }
      return nil
    }

    /// The operand that a lesson means, when this fact table reaches it.
    func operand(_ lesson: Lesson) -> Operand? {
      switch lesson.meaning {
      case .column(let ref):
        return paths.first { table(at: $0) == ref.table }.map { .column(path: $0, ref: ref) }
      case .expression(let sql, let table, _): return table == fact ? .expression(sql) : nil
      case .table, .values: return nil
      }
    }

    mutating func cite(_ lesson: Lesson) {
      note("Read '\(lesson.word)' as \(lesson.text), as taught (\(lesson.sources.joined(separator: "; "))).")
      query.used += lesson.sources.filter { !query.used.contains($0) }
    }

    mutating func note(_ text: String) {
      if !query.notes.contains(text) { query.notes.append(text) }
    }

    /// Says which other columns would have fitted as well.
    mutating func noteRivals(of hit: ColumnHit, among hits: [ColumnHit], _ text: String) {
      let rivals = hits.filter { $0.ref != hit.ref && $0.score >= hit.score - 0.05 && $0.hops == hit.hops }
      guard !rivals.isEmpty else { return }
      let names = rivals.prefix(3).map { schema.name($0.ref) }.joined(separator: ", ")
      note("Read '\(text)' as \(schema.name(hit.ref)); \(names) would fit too.")
    }
  }
}
