import Words

extension Analyst {
  /// Which of a phrase's words name a table or a column, and how well.
  struct NameMatch: Sendable, Equatable {
    /// 0...1: how much of the name is said and how much of the phrase it explains.
    var score: Double
    /// Places in the phrase that it explains.
    var used: Set<Int>
  }

  enum NameMatcher {
    static let leastCoverage = 0.45
    static let repeatedName = 0.6
    /// Words that say what kind of thing a table or a column is, not which.
    private static let fillers: Set<String> = ["tbl", "table", "dim", "fact", "vw", "view", "id", "key", "code", "no", "uuid"]

    static func table(_ table: Table, _ words: [String]) -> NameMatch? {
      let essential = table.words.filter { !fillers.contains($0) }
      return match(essential.isEmpty ? table.words : essential, words, bonus: [])
    }

    /// Words of the column's own table may be said or left out.
    static func column(_ column: Column, of table: Table, _ words: [String]) -> NameMatch? {
      let own = Set(table.words.map(Fold.stem))
      let essential = column.words.filter { !fillers.contains($0) && !own.contains(Fold.stem($0)) }
      let asksKey = words.contains { ["id", "key", "code", "number"].contains($0) }
      if !essential.isEmpty, !(asksKey && essential.count < column.words.count) {
        return match(essential, words, bonus: table.words)
      }
      // A column that only repeats its table's name: the word means the table first.
      guard var match = match(column.words, words, bonus: table.words) else { return nil }
      if !asksKey { match.score *= repeatedName }
      return match
    }

    private static func match(_ named: [String], _ asked: [String], bonus: [String]) -> NameMatch? {
      guard !named.isEmpty, !asked.isEmpty else { return nil }
      var sum = 0.0
      var used: Set<Int> = []
      for word in named {
        let scores = asked.indices.map { used.contains($0) ? 0 : WordSimilarity.score(asked[$0], word) }
        guard let best = scores.max(), best > 0, let index = scores.firstIndex(of: best) else { continue }
        sum += best
        used.insert(index)
      }
      let coverage = sum / Double(named.count)
      guard coverage >= leastCoverage else { return nil }
      for index in asked.indices where !used.contains(index) {
        if bonus.contains(where: { WordSimilarity.score(asked[index], $0) >= WordSimilarity.synonym }) { used.insert(index) }
      }
      let explained = Double(used.count) / Double(asked.count)
      return NameMatch(score: coverage * 0.6 + explained * 0.4, used: used)
    }

    /// Whether some name of the schema has this word.
    static func isKnown(_ word: String, in schema: Schema) -> Bool {
      schema.tables.contains { table in
        table.words.contains { WordSimilarity.score(word, $0) >= WordSimilarity.related }
          || table.columns.contains { $0.words.contains { WordSimilarity.score(word, $0) >= WordSimilarity.related } }
      }
    }
  }
}
