import JSON

extension Analyst {
  /// A span of the question that stands in some column.
  struct ValueMatch: Sendable, Equatable {
    var span: String
    var ref: ColumnRef
    var value: String
    /// The span is the value, not only a word of it.
    var isExact: Bool
  }

  /// Looks for the question's unknown words among the values of the database.
  enum ValueFinder {
    static let maxSpans = 40
    static let maxColumns = 60
    static let columnsPerQuery = 15
    static let wordsPerSpan = 5
    static let valuesPerColumn = 25

    /// What may be a value: runs of words of which one at least is quoted, capitalised or no name of the schema.
    static func spans(_ draft: Draft, _ schema: Schema, _ lessons: [Lesson]) -> [String] {
      var spans: [String] = []
      for phrase in draft.phrases {
        let isLiteral = draft.conditions.contains { $0.literal == .words(phrase) }
        let candidates = phrase.tokens.map { token in
          isLiteral || token.kind == .quoted || token.isCapitalised
            || !NameMatcher.isKnown(token.folded, in: schema)
              && !lessons.contains { $0.word == token.folded }
        }
        for start in phrase.tokens.indices {
          for end in start..<min(start + wordsPerSpan, phrase.tokens.count) where candidates[start...end].contains(true) {
            let text = phrase.tokens[start...end].map(\.text).joined(separator: " ")
            if !spans.contains(text), text.count <= 100 { spans.append(text) }
          }
        }
      }
      // What a word of the question was taught to include is looked for like the word itself.
      let words = Set(draft.phrases.flatMap { $0.tokens.map(\.folded) })
      for lesson in lessons {
        guard case .values(let members) = lesson.meaning, words.contains(where: { lesson.word.hasPrefix($0) }) else { continue }
        for member in members + [lesson.word] where !spans.contains(where: { $0.lowercased() == member.lowercased() }) {
          spans.insert(member, at: 0)
        }
      }
      return Array(spans.prefix(maxSpans))
    }

    static func columns(_ schema: Schema, among tables: [Int]) -> [ColumnRef] {
      let all = tables.flatMap { table in
        schema.tables[table].columns.indices.filter { schema.tables[table].columns[$0].kind == .text }
          .map { ColumnRef(table: table, column: $0) }
      }
      return Array(all.prefix(maxColumns))
    }

    static func queries(_ spans: [String], _ columns: [ColumnRef], _ schema: Schema) -> [PlannedCall] {
      guard !spans.isEmpty else { return [] }
      return stride(from: 0, to: columns.count, by: columnsPerQuery).map { start in
        let selects = columns.indices[start..<min(start + columnsPerQuery, columns.count)].map { index in
          let name = SQLText.name(schema.column(columns[index]).name)
          let table = schema.tables[columns[index].table].sqlName
          return """
            SELECT * FROM (SELECT \(index) AS place, v \
            FROM (SELECT DISTINCT CAST(\(name) AS text) AS v FROM \(table) WHERE \(name) IS NOT NULL) AS each \
            WHERE \(test("v", spans)) LIMIT \(valuesPerColumn)) AS found
            """
        }
        return .sql(([DateFinder.nowhere] + selects).joined(separator: "\nUNION ALL\n"), maxRows: 1_000)
      }
    }

    /// Equal but for case, or one of the value's words; SQLite folds the case of ASCII only, so other spellings are spelt out.
    private static func test(_ name: String, _ spans: [String]) -> String {
      var spellings: [String] = []
      for span in spans {
        for spelling in [span.lowercased(), span, span.uppercased(), span.prefix(1).uppercased() + span.dropFirst()]
        where !spellings.contains(spelling) && (spelling == span.lowercased() || !spelling.utf8.allSatisfy { $0 < 0x80 }) {
          spellings.append(spelling)
        }
      }
      let equal = spellings.map(SQLText.literal).joined(separator: ", ")
      let contained = spellings.filter { $0.count >= 3 }.map {
        "' ' || lower(\(name)) || ' ' LIKE \(SQLText.literal("% " + SQLText.likePattern($0) + " %")) ESCAPE '\\'"
      }
      return (["lower(\(name)) IN (\(equal))", "\(name) IN (\(equal))"] + contained).joined(separator: " OR ")
    }

    static func matches(_ findings: [Finding], _ spans: [String], _ columns: [ColumnRef]) -> [ValueMatch] {
      var matches: [ValueMatch] = []
      for row in findings.flatMap(\.rows) where row.count == 2 {
        guard let place = row[0].integer, columns.indices.contains(Int(place)), let value = row[1].string else { continue }
        let lower = value.lowercased()
        for span in spans {
          let wanted = span.lowercased()
          let isExact = lower == wanted
          guard isExact || (wanted.count >= 3 && " \(lower) ".contains(" \(wanted) ")) else { continue }
          matches.append(ValueMatch(span: span, ref: columns[Int(place)], value: value, isExact: isExact))
        }
      }
      return matches
    }
  }
}
