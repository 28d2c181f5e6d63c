import JSON

extension Analyst {
  /// The profile in a sentence, a table and the things that stand out.
  enum ProfileSummary {
    static func conclusion(_ profiles: [TableProfile], _ schema: Schema) -> Conclusion {
      let rows = profiles.reduce(0) { $0 + ($1.rows ?? 0) }
      let columns = profiles.reduce(0) { $0 + schema.tables[$1.table].columns.count }
      var answer =
        "\(counted(profiles.count, "table")) with \(counted(columns, "column")) and \(counted(Int(rows), "row")) in all"
      let uncounted = profiles.filter { $0.rows == nil }.map { schema.tables[$0.table].name }
      if !uncounted.isEmpty {
        let names = uncounted.prefix(8).joined(separator: ", ") + (uncounted.count > 8 ? " and \(uncounted.count - 8) more" : "")
        answer += ", without the rows of \(names), which could not be counted"
      }
      if let largest = profiles.max(by: { ($0.rows ?? 0) < ($1.rows ?? 0) }), let most = largest.rows, profiles.count > 1 {
        answer +=
          "; the largest\(uncounted.isEmpty ? "" : " of the others") is \(schema.tables[largest.table].name) with \(NumberText.grouped(most))"
      }
      var conclusion = Conclusion(answer: answer + ".")
      conclusion.columns = ["table", "rows", "columns", "columns with nulls", "refers to"]
      conclusion.rows = profiles.map { profile in
        let targets = schema.relations(fromTable: profile.table).map {
          "\(schema.column($0.from).name) → \(schema.name($0.to))"
        }
        return [
          .string(schema.tables[profile.table].name), profile.rows.map { .integer($0) } ?? .null,
          .integer(Int64(schema.tables[profile.table].columns.count)),
          profile.rows.map { rows in .integer(Int64(profile.columns.count { $0.present < rows })) } ?? .null,
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
        guard let rows = profile.rows else { continue }
        if rows == 0 {
          insights.append("\(table) is empty.")
          continue
        }
        for column in profile.columns {
          let name = "\(table).\(column.column.name)"
          let missing = rows - column.present
          if column.present == 0 {
            insights.append("\(name) has no value at all.")
          } else if missing * 5 >= rows {
            insights.append("\(name) is missing in \(percent(missing, rows)) of the rows.")
          } else if column.distinct == 1, rows > 1 {
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

    private static func counted(_ count: Int, _ noun: String) -> String {
      "\(NumberText.grouped(Int64(count))) \(noun)\(count == 1 ? "" : "s")"
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
