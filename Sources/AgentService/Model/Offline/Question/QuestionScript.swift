import JSON
import Wire

extension Analyst {
  /// Answers one question.
  struct QuestionScript {
    static let maxTables = 12
    static let maxRows = 500
    /// Text columns whose first values are looked at, to tell dates.
    static let maxSampledColumns = 80

    let evidence: Evidence
    let draft: Draft
    let lessons: [Lesson]

    func run(_ described: Schema) throws(Pause) -> Conclusion {
      var schema = described
      let tables = relevantTables(schema)
      let values = try look(&schema, tables)
      guard let reading = Resolver.read(draft, schema, values, lessons) else {
        return cannot(schema, ["the question"])
      }
      guard reading.missing.isEmpty else { return try nearest(schema, reading) }
      return try answer(reading.query, schema)
    }

    // MARK: Looking

    /// All tables of a small schema; of a large one those that the question names, and what they refer to.
    private func relevantTables(_ schema: Schema) -> [Int] {
      guard schema.tables.count > Self.maxTables else { return Array(schema.tables.indices) }
      let words = draft.phrases.map { $0.tokens.map(\.folded) }
      var scores: [(table: Int, score: Double)] = []
      for (index, table) in schema.tables.enumerated() {
        var score = 0.0
        for phrase in words {
          score += (NameMatcher.table(table, phrase)?.score ?? 0) * 2
          score += table.columns.compactMap { NameMatcher.column($0, of: table, phrase)?.score }.max() ?? 0
        }
        for lesson in lessons {
          switch lesson.meaning {
          case .table(index), .expression(_, index, _): score += 1
          case .column(let ref) where ref.table == index: score += 1
          default: break
          }
        }
        if score > 0 { scores.append((index, score)) }
      }
      var chosen = scores.sorted { ($0.score, -$0.table) > ($1.score, -$1.table) }.prefix(Self.maxTables).map(\.table)
      for relation in chosen.flatMap({ schema.relations(fromTable: $0) })
      where !chosen.contains(relation.to.table) && chosen.count < Self.maxTables * 2 {
        chosen.append(relation.to.table)
      }
      return chosen.isEmpty ? Array(schema.tables.indices.prefix(Self.maxTables)) : chosen.sorted()
    }

    /// Finds dates, references and the question's values, in one step; adds what it learns to the schema.
    private func look(_ schema: inout Schema, _ tables: [Int]) throws(Pause) -> [ValueMatch] {
      let sampled = DateFinder.columns(schema, among: tables, limit: Self.maxSampledColumns)
      let dateCalls = DateFinder.queries(schema, sampled)
      let candidates = RelationFinder.candidates(schema, among: tables)
      let relationCalls = RelationFinder.queries(schema, candidates)
      let spans = ValueFinder.spans(draft, schema, lessons)
      let columns = ValueFinder.columns(schema, among: tables)
      let valueCalls = ValueFinder.queries(spans, columns, schema)
      let calls = dateCalls + relationCalls + valueCalls
      guard !calls.isEmpty else { return [] }
      let findings = try evidence.need(calls, Self.lookText(!relationCalls.isEmpty, spans))
      DateFinder.apply(Array(findings.prefix(dateCalls.count)), sampled, &schema)
      schema.relations += RelationFinder.confirmed(
        candidates, Array(findings.dropFirst(dateCalls.count).prefix(relationCalls.count)))
      return ValueFinder.matches(Array(findings.suffix(valueCalls.count)), spans, columns)
    }

    private static func lookText(_ hasRelations: Bool, _ spans: [String]) -> String {
      var parts = ["which columns hold dates"]
      if hasRelations { parts.append("how the tables refer to each other") }
      if let first = spans.last { parts.append("where '\(first)' stands") }
      return "Looking at \(parts.joined(separator: ", "))."
    }

    // MARK: Answering

    private func answer(_ query: Query, _ schema: Schema) throws(Pause) -> Conclusion {
      let (sql, layout) = SQLBuilder.statement(query, schema)
      var calls = [PlannedCall.sql(sql, maxRows: Self.maxRows)]
      var isRows = false
      if case .rows = query.shape {
        isRows = true
        calls.append(.sql(SQLBuilder.count(query, schema)))
      }
      var findings = try evidence.need(calls, "Asking the database.")
      var notes = query.notes
      if evidence.dialect != .postgresql, let failed = findings.first, failed.isError, failed.reason.contains("integer overflow")
      {
        let rounded = SQLBuilder.statement(query, schema, roundsSums: true).sql
        findings[0] = try evidence.need(.sql(rounded, maxRows: Self.maxRows), "Adding up again, in floating point.")
        notes.append("The sum is beyond 64 bits, so it is rounded to about 15 digits.")
      }
      guard let result = findings.first, !result.isError else {
        return Conclusion(
          answer: "The query failed: \(findings.first?.reason ?? "no result")", insights: query.notes,
          suggestions: Suggestions.questions(schema, evidence.language), isPartial: true,
          degraded: ["The query for the answer failed."])
      }
      let extent = try extent(of: result, query, schema)
      var conclusion = Conclusion(
        answer: "", columns: result.columns, rows: result.rows, insights: notes, used: query.used)
      if isRows {
        conclusion.answer = listed(query, schema, result, findings.last)
      } else {
        let (answer, insights) = said(query, schema, layout, result.rows, extent)
        conclusion.answer = answer
        conclusion.insights += insights
        if !extent.isWhole(of: result.rows) {
          let total = (extent.isExact ? "" : "at least ") + NumberText.grouped(extent.total)
          conclusion.insights.append("The table shows \(result.rows.count) of \(total) rows.")
        }
      }
      conclusion.suggestions = Suggestions.questions(schema, evidence.language).filter {
        $0.lowercased() != evidence.question.lowercased()
      }
      noteGaps(query, schema, &conclusion)
      return conclusion
    }

    /// How much there is, and the ends of what was grouped: if not every group came, they may be among those that did not.
    private func extent(of result: Finding, _ query: Query, _ schema: Schema) throws(Pause) -> Extent {
      var extent = Extent(of: result)
      guard !extent.isWhole(of: result.rows), !query.groups.isEmpty, query.descending == nil, evidence.stepsLeft > 2 else {
        return extent
      }
      let calls = [false, true].map { descending in
        var ranked = query
        (ranked.descending, ranked.limit) = (descending, 1)
        return PlannedCall.sql(SQLBuilder.statement(ranked, schema).sql, maxRows: 1)
      }
      let ends = try evidence.need(calls, "Looking for the least and the greatest of all groups.")
      (extent.least, extent.greatest) = (ends[0].rows.first, ends[1].rows.first)
      return extent
    }

    private func said(
      _ query: Query, _ schema: Schema, _ layout: SQLBuilder.Layout, _ rows: [[JSONValue]], _ extent: Extent
    ) -> (answer: String, insights: [String]) {
      switch evidence.language {
      case .id:
        let phrasing = IndonesianPhrasing(query: query, schema: schema, layout: layout, rows: rows, extent: extent)
        return (phrasing.answer(), phrasing.insights())
      case .en, .unspecified:
        let phrasing = Phrasing(query: query, schema: schema, layout: layout, rows: rows, extent: extent)
        return (phrasing.answer(), phrasing.insights())
      }
    }

    private func listed(_ query: Query, _ schema: Schema, _ result: Finding, _ count: Finding?) -> String {
      let table = schema.tables[query.fact]
      let filters = query.filterPhrase
      let total = count?.rows.first?.first.map(NumberText.cell) ?? "\(result.rows.count)"
      guard case .rows(let operand?) = query.shape, let first = result.rows.first,
        let place = result.columns.firstIndex(of: query.measureLabel)
      else {
        if result.rows.isEmpty { return "No rows of \(table.name)\(filters)." }
        let counted = "\(table.name)\(filters): \(total) row\(total == "1" ? "" : "s")"
        return total == "\(result.rows.count)" ? "\(counted)." : "\(counted), of which the table shows \(result.rows.count)."
      }
      let extreme = Self.extreme(query.descending ?? true, operand, schema)
      var shown = schema.displayColumns(of: query.fact)
      if shown.isEmpty,
        let key = table.columns.firstIndex(where: \.isPrimaryKey) ?? (table.columns.first?.kind == .text ? 0 : nil)
      {
        shown = [key]
      }
      let names = shown.compactMap { index in
        result.columns.firstIndex(of: table.columns[index].name).map { NumberText.name(first[$0]) }
      }
      let what = "the \(extreme) \(query.measureLabel) of \(table.name)\(filters)"
      let subject = names.isEmpty ? "T\(what.dropFirst()) is" : "\(names.joined(separator: " ")) has \(what):"
      return "\(subject) \(NumberText.name(first[place])), out of \(total) row\(total == "1" ? "" : "s")."
    }

    private static func extreme(_ descending: Bool, _ operand: Operand, _ schema: Schema) -> String {
      if case .column(_, let ref) = operand, schema.column(ref).kind == .date { return descending ? "latest" : "earliest" }
      return descending ? "highest" : "lowest"
    }

    /// Says what of the question the answer leaves out.
    private func noteGaps(_ query: Query, _ schema: Schema, _ conclusion: inout Conclusion) {
      var gaps: [String] = []
      if !query.unexplained.isEmpty {
        let words = query.unexplained.map { "'\($0)'" }.joined(separator: ", ")
        gaps.append("nothing in the database explains \(words), so the answer leaves it out")
      }
      for what in draft.unsupported { gaps.append("the offline model cannot compute \(what); this is the nearest it can") }
      guard !gaps.isEmpty else { return }
      conclusion.isPartial = true
      conclusion.degraded += gaps.map { $0.prefix(1).uppercased() + $0.dropFirst() + "." }
      conclusion.answer = "Only in part: \(gaps.joined(separator: "; ")). " + conclusion.answer
      conclusion.suggestions = Suggestions.questions(schema, evidence.language)
    }

    // MARK: What cannot be answered

    private func cannot(_ schema: Schema, _ missing: [String]) -> Conclusion {
      Conclusion(
        answer: "I cannot answer this from the database: it shows nothing for \(missing.joined(separator: " and ")).",
        insights: ["The offline model matches words to tables, columns and values; it knows no language beyond that."],
        suggestions: Suggestions.questions(schema, evidence.language), isPartial: true,
        degraded: ["Nothing was found for \(missing.joined(separator: " and "))."])
    }

    /// The parts that are understood, when the rest of the question is not.
    private func nearest(_ schema: Schema, _ reading: Resolver.Reading) throws(Pause) -> Conclusion {
      var conclusion = cannot(schema, reading.missing)
      let understood = draft.phrases.contains { phrase in
        NameMatcher.table(schema.tables[reading.query.fact], phrase.tokens.map(\.folded)) != nil
      }
      guard understood || !reading.query.groups.isEmpty || !reading.query.filters.isEmpty else { return conclusion }
      var query = reading.query
      query.shape = .aggregate(.rows)
      query.measureLabel = "rows"
      query.notes = []
      query.unexplained = []
      let (sql, layout) = SQLBuilder.statement(query, schema)
      let finding = try evidence.need(.sql(sql, maxRows: Self.maxRows), "Computing the nearest thing that can be.")
      guard !finding.isError else { return conclusion }
      let nearest = Phrasing(query: query, schema: schema, layout: layout, rows: finding.rows, extent: Extent(of: finding))
        .answer()
      conclusion.answer += " The nearest I can compute: \(nearest)"
      conclusion.columns = finding.columns
      conclusion.rows = finding.rows
      return conclusion
    }
  }
}
