import Words

extension Analyst {
  /// Questions that this analyst can answer on a schema.
  enum Suggestions {
    static let most = 4

    static func questions(_ schema: Schema) -> [String] {
      let order = schema.tables.indices.filter { !schema.tables[$0].isView && !schema.tables[$0].columns.isEmpty }.sorted {
        (schema.tables[$0].rows ?? 0, schema.relations(fromTable: $0).count, -$0)
          > (schema.tables[$1].rows ?? 0, schema.relations(fromTable: $1).count, -$1)
      }
      guard let main = order.first else { return [] }
      let table = schema.tables[main]
      let name = phrase(table.name)
      let group =
        schema.relations(fromTable: main).first.map {
          phrase(schema.tables[$0.to.table].words.map(Fold.stem).joined(separator: " "))
        }
        ?? table.columns.first { $0.kind == .text && !$0.looksLikeKey }.map { phrase($0.name) }
      let measure = table.columns.first { column in
        column.isNumeric && !column.looksLikeKey
          && !column.words.contains { ["year", "month", "day", "hour", "minute", "time"].contains($0) }
      }.map { phrase($0.name) }
      var questions = ["How many \(name) are there?"]
      if let group {
        questions.append("How many \(name) by \(group)?")
        if let measure { questions.append("Which \(group) has the highest average \(measure)?") }
      } else if let measure {
        questions.append("What is the average \(measure) of \(name)?")
      }
      questions.append("Describe this database")
      return Array(questions.prefix(most))
    }

    private static func phrase(_ name: String) -> String { Fold.words(ofName: name).joined(separator: " ") }
  }
}
