extension Analyst {
  /// Reads a taught SQL expression, and lets nothing through but one table's columns, numbers, strings, operators and a few
  /// functions.
  enum SQLExpression {
    private static let functions: Set<String> = [
      "abs", "round", "coalesce", "lower", "upper", "length", "substr", "date", "strftime", "nullif", "ifnull", "min", "max",
    ]
    private static let operators: Set<String> = ["and", "or", "not", "is", "null", "in", "like", "between"]
    private static let conditional: Set<String> = [
      "=", "<", ">", "<=", ">=", "<>", "!=", "and", "or", "not", "is", "like", "in", "between",
    ]

    static func read(_ text: String, _ schema: Schema) -> Lesson.Meaning? {
      guard text.count <= 500, let pieces = pieces(of: text), !pieces.isEmpty else { return nil }
      for table in schema.tables.indices {
        guard let rewritten = rewrite(pieces, schema.tables[table]) else { continue }
        let isCondition = pieces.contains { !$0.hasPrefix("'") && conditional.contains($0.lowercased()) }
        return .expression(rewritten, table: table, isCondition: isCondition)
      }
      return nil
    }

    /// Columns become `{name}`; nil when the table lacks one.
    private static func rewrite(_ pieces: [String], _ table: Table) -> String? {
      var out: [String] = []
      var names = 0
      for (index, piece) in pieces.enumerated() {
        let lower = piece.lowercased()
        if piece.hasPrefix("'") || !(piece.first.map { $0.isLetter || $0 == "_" || $0 == "\"" } ?? false) {
          out.append(piece)
        } else if operators.contains(lower) {
          out.append(piece.uppercased())
        } else if functions.contains(lower), index + 1 < pieces.count, pieces[index + 1] == "(" {
          out.append(lower)
        } else if let column = table.column(named: piece.filter { $0 != "\"" }) {
          out.append("{\(table.columns[column].name)}")
          names += 1
        } else {
          return nil
        }
      }
      return names > 0 ? out.joined(separator: " ") : nil
    }

    /// Names, numbers, strings and operators; nil when anything else stands there.
    private static func pieces(of text: String) -> [String]? {
      var pieces: [String] = []
      var rest = text[...]
      var depth = 0
      while let first = rest.first {
        if first.isWhitespace {
          rest.removeFirst()
          continue
        }
        var piece: Substring
        if first.isLetter || first == "_" {
          piece = rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" }
        } else if first.isNumber {
          piece = rest.prefix { $0.isNumber || $0 == "." }
        } else if first == "'" || first == "\"" {
          guard let end = rest.dropFirst().firstIndex(of: first) else { return nil }
          piece = rest[rest.startIndex...end]
        } else if "<>=!".contains(first) {
          piece = rest.prefix { "<>=!".contains($0) }
          guard conditional.contains(String(piece)) else { return nil }
        } else if "+-*/%(),".contains(first) {
          if rest.hasPrefix("--") || rest.hasPrefix("/*") { return nil }
          piece = rest.prefix(1)
          depth += first == "(" ? 1 : first == ")" ? -1 : 0
        } else {
          return nil
        }
        guard depth >= 0 else { return nil }
        pieces.append(String(piece))
        rest = rest.dropFirst(piece.count)
      }
      return depth == 0 ? pieces : nil
    }
  }
}
