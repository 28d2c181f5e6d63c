import JSON
import Wire

extension Analyst {
  /// Says a result in Indonesian, with its numbers as they are written there: `1.234.567,89`.
  struct IndonesianPhrasing {
    let query: Query
    let schema: Schema
    let layout: SQLBuilder.Layout
    let rows: [[JSONValue]]
    let extent: Extent

    private var fact: String { schema.tables[query.fact].name }
    private var filters: String {
      query.filterTexts.isEmpty ? "" : " dengan syarat " + query.filterTexts.joined(separator: " dan ")
    }

    private var measure: String {
      switch query.shape {
      case .aggregate(.rows): "jumlah \(fact)"
      case .aggregate(.distinct): "banyaknya \(query.measureLabel) yang berbeda"
      case .aggregate(.aggregate(let aggregate, _)): Self.measure(aggregate, query.measureLabel)
      case .rows: query.measureLabel
      }
    }

    private static func measure(_ aggregate: Aggregate, _ label: String) -> String {
      switch aggregate {
      case .avg: "rata-rata \(label)"
      case .sum: "total \(label)"
      case .min: "\(label) terendah"
      case .max: "\(label) tertinggi"
      case .count: "jumlah \(label)"
      }
    }

    func answer() -> String { query.groups.isEmpty ? scalar() : grouped() }

    private func value(_ row: [JSONValue], _ place: Int?) -> JSONValue {
      place.flatMap { row.indices.contains($0) ? row[$0] : nil } ?? .null
    }

    private func number(_ value: JSONValue) -> String { NumberText.indonesian(NumberText.cell(value), of: value) }

    private func scalar() -> String {
      guard let row = rows.first else { return "Kueri tidak menghasilkan baris." }
      let result = value(row, layout.measure)
      switch query.shape {
      case .aggregate(.rows): return "Ada \(number(result)) \(fact)\(filters)."
      case .aggregate(.distinct): return "Ada \(number(result)) \(query.measureLabel) yang berbeda dalam \(fact)\(filters)."
      case .aggregate(.aggregate), .rows:
        let (support, total) = (number(value(row, layout.support)), number(value(row, layout.total)))
        guard !result.isNull else {
          return "Tidak ada \(measure): dari \(total) \(fact)\(filters) tidak satu pun memiliki nilai \(query.measureLabel)."
        }
        let basis =
          support == total ? "semua \(total) \(fact)\(filters)" : "\(support) dari \(total) \(fact)\(filters) yang memilikinya"
        return "\(measure.prefix(1).uppercased() + measure.dropFirst()) adalah \(number(result)), dari \(basis)."
      }
    }

    private func name(_ row: [JSONValue]) -> String {
      layout.groups.map { group in
        let key = NumberText.name(value(row, group.key))
        let names = group.display.map { value(row, $0) }.filter { !$0.isNull }.map(NumberText.name)
        return names.isEmpty ? key : "\(names.joined(separator: " ")) (\(key))"
      }.joined(separator: ", ")
    }

    private func grouped() -> String {
      let labels = query.groups.map { $0.displayLabel.isEmpty || $0.displayLabel == "name" ? $0.label : $0.displayLabel }
        .joined(separator: " dan ")
      guard let first = rows.first else { return "Tidak ada \(fact)\(filters) untuk dikelompokkan menurut \(labels)." }
      guard let descending = query.descending else { return overview(labels) }
      let extreme = descending ? "tertinggi" : "terendah"
      if let limit = query.limit, limit > 1 {
        let list = rows.prefix(min(limit, 10)).map { "\(name($0)) (\(number(value($0, layout.measure))))" }
        return "\(min(limit, rows.count)) \(labels) dengan \(measure) \(extreme)\(filters): \(list.joined(separator: ", "))."
      }
      let support = layout.support.map { ", dari \(number(value(first, $0))) \(fact)" } ?? ""
      return "\(name(first)) memiliki \(measure) \(extreme)\(filters): \(number(value(first, layout.measure)))\(support)."
    }

    private func overview(_ labels: String) -> String {
      let ranked = extent.ends(of: rows, by: layout.measure)
      let total = number(.integer(extent.total))
      let title =
        "\(measure.prefix(1).uppercased() + measure.dropFirst())\(filters) menurut \(labels): \(extent.isExact ? "" : "sedikitnya ")\(total) kelompok"
      guard let low = ranked.first, let high = ranked.last, ranked.count > 1 else { return title + "." }
      let basis = extent.hasEnds(of: rows) ? "" : "; dari \(rows.count) kelompok dalam tabel"
      return title + basis
        + ", dari \(number(value(low, layout.measure))) (\(name(low))) sampai \(number(value(high, layout.measure))) (\(name(high)))."
    }

    func insights() -> [String] {
      guard query.descending != nil, rows.count > 1, !query.groups.isEmpty, query.limit.map({ $0 <= 1 }) ?? true else {
        return []
      }
      let (first, second) = (value(rows[0], layout.measure), value(rows[1], layout.measure))
      if first == second {
        return ["Nilainya sama: \(rows.prefix { value($0, layout.measure) == first }.map(name).joined(separator: ", "))."]
      }
      return ["Berikutnya \(name(rows[1])) dengan \(number(second))."]
    }
  }
}

extension Analyst.NumberText {
  /// A number's text with the separators of Indonesian; other texts stay.
  static func indonesian(_ text: String, of value: JSONValue) -> String {
    guard value.number != nil else { return text }
    return String(text.map { $0 == "," ? "." : $0 == "." ? "," : $0 })
  }
}
