import Wire
import Words

extension Analyst {
  /// Questions that this analyst can answer on a schema.
  enum Suggestions {
    static let most = 4

    static func questions(_ schema: Schema, _ language: Language = .en) -> [String] {
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
      let isIndonesian = language == .id
      var questions = [isIndonesian ? "Ada berapa \(name)?" : "How many \(name) are there?"]
      if let group {
        questions.append(isIndonesian ? "Berapa \(name) per \(group)?" : "How many \(name) by \(group)?")
        if let measure {
          questions.append(
            isIndonesian
              ? "\(group) mana dengan rata-rata \(measure) tertinggi?" : "Which \(group) has the highest average \(measure)?")
        }
      } else if let measure {
        questions.append(
          isIndonesian ? "Berapa rata-rata \(measure) dari \(name)?" : "What is the average \(measure) of \(name)?")
      }
      questions.append(isIndonesian ? "Jelaskan basis data ini" : "Describe this database")
      return Array(questions.prefix(most))
    }

    private static func phrase(_ name: String) -> String { Fold.words(ofName: name).joined(separator: " ") }
  }
}
