import JSON
import Words

extension Analyst {
  /// Says a result in words. Every number comes from the rows.
  struct Phrasing {
    let query: Query
    let schema: Schema
    let layout: SQLBuilder.Layout
    let rows: [[JSONValue]]
    let extent: Extent

    private var fact: String { schema.tables[query.fact].name }
    private var filters: String { query.filterPhrase }
    private var aggregateWord: String {
      guard case .aggregate(.aggregate(let aggregate, _)) = query.shape else { return "" }
      let word = Resolver.word(aggregate)
      // Not "the total total".
      return Fold.words(ofName: query.measureLabel).contains(word) ? "\(aggregate == .sum ? "sum" : word) of" : word
    }

    /// What is measured: "average dep_delay", "number of flights".
    private var measure: String {
      switch query.shape {
      case .aggregate(.rows): "number of \(fact)"
      case .aggregate(.distinct): "number of different \(query.measureLabel)"
      case .aggregate(.aggregate): "\(aggregateWord) \(query.measureLabel)"
      case .rows: query.measureLabel
      }
    }

    func answer() -> String {
      query.groups.isEmpty ? scalar() : grouped()
    }

    private func value(_ row: [JSONValue], _ place: Int?) -> JSONValue {
      place.flatMap { row.indices.contains($0) ? row[$0] : nil } ?? .null
    }

    private func scalar() -> String {
      guard let row = rows.first else { return "The query gave no row." }
      let result = value(row, layout.measure)
      switch query.shape {
      case .aggregate(.rows):
        guard result != .integer(1) else { return "There is 1 row in \(fact)\(filters)." }
        return "There are \(NumberText.cell(result)) \(fact)\(filters)."
      case .aggregate(.distinct):
        guard result != .integer(1) else { return "There is only 1 \(query.measureLabel) in \(fact)\(filters)." }
        return "There are \(NumberText.cell(result)) different \(Fold.plural(query.measureLabel)) in \(fact)\(filters)."
      case .aggregate(.aggregate), .rows:
        let support = NumberText.cell(value(row, layout.support))
        let total = NumberText.cell(value(row, layout.total))
        guard !result.isNull else {
          return "There is no \(measure): none of \(total) \(fact)\(filters) has a value for \(query.measureLabel)."
        }
        let basis =
          support == total ? "all \(total) \(fact)\(filters)" : "the \(support) of \(total) \(fact)\(filters) that have one"
        return "The \(measure) is \(NumberText.cell(result)), over \(basis)."
      }
    }

    /// A group as a person would call it: "Frontier Airlines Inc. (F9)".
    private func name(_ row: [JSONValue]) -> String {
      layout.groups.map { group in
        let key = NumberText.name(value(row, group.key))
        if group.display.isEmpty, value(row, group.key).number != nil, let label = query.groups.first?.label,
          layout.groups.count == 1
        {
          return "\(label) \(key)"
        }
        let names = group.display.map { value(row, $0) }.filter { !$0.isNull }.map(NumberText.name)
        return names.isEmpty ? key : "\(names.joined(separator: " ")) (\(key))"
      }.joined(separator: ", ")
    }

    private func grouped() -> String {
      let labels = query.groups.map { $0.displayLabel.isEmpty || $0.displayLabel == "name" ? $0.label : $0.displayLabel }
      guard let first = rows.first else { return "No \(fact)\(filters) to group by \(labels.joined(separator: " and "))." }
      guard let descending = query.descending else { return overview(labels) }
      let extreme = descending ? "highest" : "lowest"
      let unit = labelledMeasure(extreme)
      if let limit = query.limit, limit > 1 {
        let list = rows.prefix(limit).map { "\(name($0)) (\(NumberText.cell(value($0, layout.measure))))" }
        return "The \(min(limit, rows.count)) \(labels.map(Fold.plural).joined(separator: " and ")) with the \(unit)\(filters): "
          + list.prefix(10).joined(separator: ", ") + (list.count > 10 ? ", … (see the table)" : "") + "."
      }
      let support = layout.support.map { ", over \(NumberText.cell(value(first, $0))) \(fact)" } ?? ""
      return "\(capitalised(name(first))) has the \(unit)\(filters): \(NumberText.cell(value(first, layout.measure)))\(support)."
    }

    private func capitalised(_ text: String) -> String { text.prefix(1).uppercased() + text.dropFirst() }

    private func labelledMeasure(_ extreme: String) -> String {
      if case .aggregate(.aggregate(.max, _)) = query.shape, extreme == "highest" { return "highest \(query.measureLabel)" }
      if case .aggregate(.aggregate(.min, _)) = query.shape, extreme == "lowest" { return "lowest \(query.measureLabel)" }
      return "\(extreme) \(measure)"
    }

    private func overview(_ labels: [String]) -> String {
      let ranked = extent.ends(of: rows, by: layout.measure)
      let groups = "\(extent.isExact ? "" : "at least ")\(NumberText.grouped(extent.total)) group\(extent.total == 1 ? "" : "s")"
      let title = "\(capitalised(measure))\(filters) by \(labels.joined(separator: " and ")): \(groups)"
      guard let low = ranked.first, let high = ranked.last, ranked.count > 1 else {
        return title + (ranked.first.map { ", \(NumberText.cell(value($0, layout.measure))) for \(name($0))" } ?? "") + "."
      }
      let basis = extent.hasEnds(of: rows) ? "" : "; of the \(rows.count) groups that the table shows"
      return title + basis + ", from \(NumberText.cell(value(low, layout.measure))) (\(name(low)))"
        + " to \(NumberText.cell(value(high, layout.measure))) (\(name(high)))."
    }

    /// Things to know beside the answer.
    func insights() -> [String] {
      guard query.descending != nil, rows.count > 1, !query.groups.isEmpty else { return [] }
      let first = value(rows[0], layout.measure)
      let second = value(rows[1], layout.measure)
      if first == second {
        let tied = rows.prefix { value($0, layout.measure) == first }
        return ["A tie: \(tied.map(name).joined(separator: ", ")) have the same value."]
      }
      return query.limit.map { $0 > 1 } ?? false ? [] : ["Next comes \(name(rows[1])) with \(NumberText.cell(second))."]
    }
  }
}
