import JSON

extension Analyst {
  /// How much a result has beyond the rows that are here, and which of its rows are the least and the greatest of all.
  struct Extent: Sendable {
    /// How many rows the query has; at least so many when it is not exact.
    let total: Int64
    let isExact: Bool
    /// The rows with the least and the greatest measure, when they were asked for because not all rows are here.
    var least: [JSONValue]?
    var greatest: [JSONValue]?

    init(of finding: Finding) {
      total = finding.json?["row_count"]?.integer ?? Int64(finding.rows.count)
      isExact = finding.json?["exact"]?.bool ?? true
    }

    func isWhole(of rows: [[JSONValue]]) -> Bool { isExact && total <= Int64(rows.count) }

    /// Whether what is the least and the greatest is known of all rows.
    func hasEnds(of rows: [[JSONValue]]) -> Bool { isWhole(of: rows) || (least != nil && greatest != nil) }

    /// The rows from the least to the greatest measure: all that are here, or the two ends of all that there are.
    func ends(of rows: [[JSONValue]], by place: Int?) -> [[JSONValue]] {
      if let least, let greatest { return [least, greatest] }
      func measure(_ row: [JSONValue]) -> Double? { place.flatMap { row.indices.contains($0) ? row[$0].number : nil } }
      return rows.filter { measure($0) != nil }.sorted { (measure($0) ?? 0) < (measure($1) ?? 0) }
    }
  }
}
