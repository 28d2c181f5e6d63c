import JSON

extension Analyst {
  /// A profile as a report.
  struct ProfileReport {
    let schema: Schema
    let profiles: [TableProfile]
    let relations: [Relation]
    let charts: [ReportChart]

    let title = "Profile of the database"

    func blocks() -> [ReportBlock] {
      let summary = ProfileSummary.conclusion(profiles, schema)
      var blocks: [ReportBlock] = [.title(title), .paragraph(summary.answer)]
      blocks.append(
        .table(
          columns: summary.columns, rows: summary.rows.map { $0.map(NumberText.cell) }, numeric: [1, 2, 3]))
      let insights = ProfileSummary.insights(profiles, schema)
      if !insights.isEmpty { blocks += [.heading("What stands out"), .list(insights)] }
      if !charts.isEmpty { blocks += [.heading("Charts")] + charts.map { .chart($0) } }
      if !relations.isEmpty { blocks += [.heading("How the tables refer to each other"), relationTable()] }
      for profile in profiles { blocks += section(profile) }
      return blocks
    }

    private func relationTable() -> ReportBlock {
      let rows = relations.map { relation in
        [
          schema.name(relation.from), schema.name(relation.to),
          relation.isDeclared ? "declared" : "found by name and values",
          relation.match.map(ProfileSummary.share) ?? "–",
        ]
      }
      return .table(columns: ["column", "refers to", "how it is known", "distinct values matched"], rows: rows, numeric: [3])
    }

    private func section(_ profile: TableProfile) -> [ReportBlock] {
      let table = schema.tables[profile.table]
      let kind = table.isView ? "View" : "Table"
      guard let total = profile.rows else {
        let about = "\(kind) with \(table.columns.count) columns, whose rows could not be counted."
        return [.heading(table.name), .paragraph(about)]
      }
      let about = "\(kind) with \(NumberText.grouped(total)) rows and \(profile.columns.count) columns."
      let rows = profile.columns.map { column in
        let missing = total - column.present
        let top = column.top.map { "\(NumberText.name($0.value)) (\(NumberText.grouped($0.count)))" }
        return [
          column.column.name, "\(column.column.kind)",
          missing == 0 ? "0" : "\(NumberText.grouped(missing)) (\(ProfileSummary.percent(missing, total)))",
          column.distinct.map(NumberText.grouped) ?? "–", Self.bound(column.least, column),
          column.mean.map(NumberText.readable) ?? "",
          Self.bound(column.greatest, column), top.joined(separator: ", "),
        ]
      }
      return [
        .heading(table.name), .paragraph(about),
        .table(
          columns: ["column", "kind", "missing", "distinct", "least", "mean", "greatest", "most frequent"], rows: rows,
          numeric: [2, 3, 4, 5, 6]),
      ]
    }

    /// Thousands are separated in measures, not in years and keys.
    private static func bound(_ value: JSONValue, _ column: ColumnProfile) -> String {
      if value.isNull { return "–" }
      return column.column.looksLikeKey || column.column.words.contains("year") ? NumberText.name(value) : NumberText.cell(value)
    }
  }
}
