import JSON

extension Analyst {
  /// The profile in a sentence, a table and the things that stand out.
  enum ProfileSummary {
    static func conclusion(_ profiles: [TableProfile], _ schema: Schema) -> Conclusion {
      let rows = profiles.reduce(0) { $0 + $1.rows }
      let columns = profiles.reduce(0) { $0 + $1.columns.count }
      let count = "\(profiles.count) table\(profiles.count == 1 ? "" : "s")"
      var answer = "\(count) with \(NumberText.grouped(Int64(columns))) columns and \(NumberText.grouped(rows)) rows in all"
      if let largest = profiles.max(by: { $0.rows < $1.rows }), profiles.count > 1 {
        answer += "; the largest is \(schema.tables[largest.table].name) with \(NumberText.grouped(largest.rows))"
      }
      var conclusion = Conclusion(answer: answer + ".")
      conclusion.columns = ["table", "rows", "columns", "columns with nulls", "refers to"]
      conclusion.rows = profiles.map { profile in
        let targets = schema.relations(fromTable: profile.table).map {
          "\(schema.column($0.from).name) → \(schema.name($0.to))"
        }
        return [
          .string(schema.tables[profile.table].name), .integer(profile.rows), .integer(Int64(profile.columns.count)),
          .integer(Int64(profile.columns.count { $0.present < profile.rows })),
          .string(targets.joined(separator: ", ")),
        ]
      }
      conclusion.insights = insights(profiles, schema)
      conclusion.suggestions = Suggestions.questions(schema)
      return conclusion
    }

    /// Empty tables and columns, columns with much missing, constant columns, references with gaps.
    static func insights(_ profiles: [TableProfile], _ schema: Schema) -> [String] {
      var insights: [String] = []
      for profile in profiles {
        let table = schema.tables[profile.table].name
        if profile.rows == 0 {
          insights.append("\(table) is empty.")
          continue
        }
        for column in profile.columns {
          let name = "\(table).\(column.column.name)"
          let missing = profile.rows - column.present
          if column.present == 0 {
            insights.append("\(name) has no value at all.")
          } else if missing * 5 >= profile.rows {
            insights.append("\(name) is missing in \(percent(missing, profile.rows)) of the rows.")
          } else if column.distinct == 1, profile.rows > 1 {
            insights.append("\(name) has the one value \(NumberText.name(column.least)).")
          }
        }
      }
      for relation in schema.relations where profiles.contains(where: { $0.table == relation.from.table }) {
        guard let match = relation.match, match < 1 else { continue }
        insights.append(
          "\(schema.name(relation.from)) refers to \(schema.name(relation.to)), but only \(share(match)) of its values are there."
        )
      }
      return Array(insights.prefix(20))
    }

    static func percent(_ part: Int64, _ whole: Int64) -> String { whole > 0 ? share(Double(part) / Double(whole)) : "–" }

    /// Never rounded to all or nothing when it is neither.
    static func share(_ part: Double) -> String {
      let tenths = (part * 1_000).rounded() / 10
      if part > 0, tenths == 0 { return "< 0.1 %" }
      if part < 1, tenths >= 100 { return "> 99.9 %" }
      return "\(tenths == tenths.rounded() ? "\(Int(tenths))" : "\(tenths)") %"
    }
  }
}
