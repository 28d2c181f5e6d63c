import JSON

extension Analyst {
  /// Profiles the database, or the tables that the question names: some ten steps, each of which stands by itself.
  struct ProfileScript {
    static let maxTables = 60
    static let batches = 6
    /// Steps that the end of a profile needs: charts, reading them, writing the report, finish.
    static let reservedSteps = 4
    static let piecesPerChart = 8

    let evidence: Evidence
    let schema: Schema
    let draft: Draft

    func run() throws(Pause) -> Conclusion {
      var schema = schema
      var degraded: [String] = []
      let tables = chosenTables(schema, &degraded)
      let relations = try look(&schema, tables)
      var profiles: [TableProfile] = []
      let perBatch = max(1, (tables.count + Self.batches - 1) / Self.batches)
      for start in stride(from: 0, to: tables.count, by: perBatch) {
        guard evidence.stepsLeft > Self.reservedSteps else { break }
        profiles += try statistics(Array(tables[start..<min(start + perBatch, tables.count)]), schema, &degraded)
      }
      if profiles.count < tables.count {
        degraded.append("The recursion limit left \(tables.count - profiles.count) tables without a profile.")
      }
      try addTopValues(&profiles, schema)
      let charts = try draw(ChartPicker.charts(profiles, schema), &degraded)
      var conclusion = ProfileSummary.conclusion(profiles, schema)
      let report = ProfileReport(schema: schema, profiles: profiles, relations: relations, charts: charts)
      try write(report, &degraded, &conclusion)
      conclusion.degraded += degraded
      conclusion.isPartial = profiles.count < tables.count || profiles.contains { $0.rows == nil }
      return conclusion
    }

    private func chosenTables(_ schema: Schema, _ degraded: inout [String]) -> [Int] {
      let words = draft.phrases.flatMap { $0.tokens.map(\.folded) }
      let named = schema.tables.indices.filter { index in
        NameMatcher.table(schema.tables[index], words).map { $0.score >= 0.6 } ?? false
      }
      let all = named.isEmpty ? Array(schema.tables.indices) : named
      if all.count > Self.maxTables { degraded.append("Only \(Self.maxTables) of \(all.count) tables were profiled.") }
      return Array(all.prefix(Self.maxTables))
    }

    private func look(_ schema: inout Schema, _ tables: [Int]) throws(Pause) -> [Relation] {
      let sampled = DateFinder.columns(schema, among: tables, limit: 400)
      let dateCalls = DateFinder.queries(schema, sampled)
      let candidates = RelationFinder.candidates(schema, among: Array(schema.tables.indices.prefix(Self.maxTables)))
      let relationCalls = RelationFinder.queries(schema, candidates)
      if !(dateCalls + relationCalls).isEmpty {
        let findings = try evidence.need(
          dateCalls + relationCalls, "Looking at which columns hold dates and how the tables refer to each other.")
        DateFinder.apply(Array(findings.prefix(dateCalls.count)), sampled, &schema)
        schema.relations += RelationFinder.confirmed(candidates, Array(findings.dropFirst(dateCalls.count)))
      }
      return schema.relations.filter { tables.contains($0.from.table) || tables.contains($0.to.table) }
    }

    private func statistics(_ tables: [Int], _ schema: Schema, _ degraded: inout [String]) throws(Pause) -> [TableProfile] {
      let names = tables.map { schema.tables[$0].name }
      let text = "Profiling \(names.count == 1 ? names[0] : "\(names.count) tables, \(names.prefix(3).joined(separator: ", "))")."
      let calls = tables.map { ProfileSQL.statistics(schema.tables[$0], countsDistinct: true) }
      let findings = try evidence.need(calls.flatMap { $0 }, text)
      var profiles: [TableProfile] = []
      var place = 0
      for (index, table) in tables.enumerated() {
        var own = Array(findings[place..<(place + calls[index].count)])
        place += calls[index].count
        if own.contains(where: \.isError) {
          // Counting what is distinct is what takes long.
          let simple = ProfileSQL.statistics(schema.tables[table], countsDistinct: false)
          own = try evidence.need(simple, "Profiling \(schema.tables[table].name) again, without distinct values.")
          if let failed = own.first(where: \.isError) {
            degraded.append("\(schema.tables[table].name) could not be counted: \(failed.reason)")
          } else {
            degraded.append("Distinct values of \(schema.tables[table].name) could not be counted.")
          }
        }
        profiles.append(ProfileSQL.profile(table, schema, own))
      }
      return profiles
    }

    private func addTopValues(_ profiles: inout [TableProfile], _ schema: Schema) throws(Pause) {
      let places = profiles.indices.filter { ProfileSQL.top(profiles[$0], schema) != nil }
      let calls = places.compactMap { ProfileSQL.top(profiles[$0], schema) }
      guard !calls.isEmpty, evidence.stepsLeft > Self.reservedSteps else { return }
      let findings = try evidence.need(calls, "Counting the most frequent values.")
      for (place, finding) in zip(places, findings) { ProfileSQL.addTop(finding, to: &profiles[place]) }
    }

    private func draw(_ plans: [ChartPlan], _ degraded: inout [String]) throws(Pause) -> [ReportChart] {
      guard evidence.has("make_chart"), evidence.has("write_file") else {
        degraded.append("Charts and the report could not be made: this mode has no tools for them.")
        return []
      }
      guard !plans.isEmpty else { return [] }
      let findings = try evidence.need(plans.map(\.call), "Drawing \(plans.count) chart\(plans.count == 1 ? "" : "s").")
      var charts: [ReportChart] = []
      for (plan, finding) in zip(plans, findings) {
        if finding.isError {
          degraded.append("The chart '\(plan.title)' could not be drawn: \(finding.reason)")
        } else {
          charts.append(ReportChart(title: plan.title, path: finding.json?["path"]?.string ?? plan.path))
        }
      }
      guard evidence.has("read_file") else { return charts }
      for index in charts.indices { charts[index].svg = try read(charts[index].path, among: charts) }
      return charts
    }

    /// The chart's text, to stand inside the report. First pieces are asked for together, the rest as they turn out.
    private func read(_ path: String, among charts: [ReportChart]) throws(Pause) -> String? {
      let first = charts.map { PlannedCall("read_file", ["path": .string($0.path)]) }
      let own = charts.firstIndex { $0.path == path } ?? 0
      var finding = try evidence.need(first, "Reading the charts, to put them into the report.")[own]
      var text = ""
      for _ in 0..<Self.piecesPerChart {
        guard !finding.isError, let piece = finding.json?["text"]?.string ?? finding.json?["content"]?.string else { return nil }
        text += piece
        guard let next = finding.json?["next_offset"]?.integer else { return text.contains("<svg") ? text : nil }
        guard evidence.stepsLeft > Self.reservedSteps else { return nil }
        let call = PlannedCall("read_file", ["path": .string(path), "offset": .integer(next)])
        finding = try evidence.need(call, "Reading the rest of \(path).")
      }
      return nil
    }

    private func write(_ report: ProfileReport, _ degraded: inout [String], _ conclusion: inout Conclusion) throws(Pause) {
      guard evidence.has("write_file"), evidence.has("make_chart") else { return }
      let blocks = report.blocks()
      let calls = [
        PlannedCall("write_file", ["path": "report.md", "content": .string(MarkdownReport.text(blocks))]),
        PlannedCall("write_file", ["path": "report.html", "content": .string(HTMLReport.text(blocks, title: report.title))]),
      ]
      let findings = try evidence.need(calls, "Writing the report.")
      for (name, finding) in zip(["report.md", "report.html"], findings) where finding.isError {
        degraded.append("\(name) could not be written: \(finding.reason)")
      }
      if findings.allSatisfy({ !$0.isError }) { conclusion.insights.append("The whole profile is in report.md and report.html.") }
    }
  }
}
