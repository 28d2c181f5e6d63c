import JSON
import Wire

extension AnalysisSource {
  private static let functions: Set<String> = ["count", "sum", "avg", "min", "max", "median"]

  /// Aggregates of groups. Medians are computed here, because SQL has no portable word for them.
  func groups(by names: [String], functions: [String], limit: Int) async throws(WireError) -> JSONValue {
    guard !names.isEmpty else { throw WireError(.toolArguments, "The argument 'by' must name the columns that make the groups.") }
    let functions = functions.isEmpty ? ["count"] : functions
    if let unknown = functions.first(where: { !Self.functions.contains($0) }) {
      throw WireError(
        .toolArguments,
        "There is no function '\(unknown.prefix(32))'; there are: \(Self.functions.sorted().joined(separator: ", ")).")
    }
    let needsColumn = functions.contains { $0 != "count" }
    let column = needsColumn ? SQLName.quoted(try oneColumn()) : "*"
    let keys = names.map(SQLName.quoted).joined(separator: ", ")
    let plain = functions.filter { $0 != "median" }
    let order = plain.isEmpty ? keys : "\(names.count + 1) DESC, \(keys)"
    let (result, isRounded) = try await askForSums("GROUP BY \(keys) ORDER BY \(order)") { sum in
      let figures = plain.map { $0 == "count" ? "count(*)" : "\($0 == "sum" ? sum : $0)(\(column))" }
      return ([keys] + figures).joined(separator: ", ")
    }
    let medians = functions.contains("median") ? try await medians(keys, names.count, column) : [:]
    var cut = false
    let rows = result.rows.prefix(limit).map { row -> JSONValue in
      var cells = row.map { $0.json(cut: &cut) }
      if functions.contains("median") {
        let key = row.prefix(names.count).map(\.analysisKey).joined(separator: "\u{0}")
        cells.append(medians[key].map { .number($0) } ?? .null)
      }
      return .array(cells)
    }
    let titles = names + plain + (functions.contains("median") ? ["median"] : [])
    var members: [JSONValue.Member] = [
      .init("columns", .array(titles.map { .string($0) })), .init("rows", .array(rows)),
      .init("groups", .integer(Int64(clamping: result.rowCount))),
      .init("rows_read", .integer(Int64(result.rows.count))),
      .init("all_rows", .bool(result.isExact && UInt64(result.rows.count) == result.rowCount)),
    ]
    if isRounded { members.append(.init("sum_is_rounded", true)) }
    return .object(members)
  }

  private func medians(_ keys: String, _ count: Int, _ column: String) async throws(WireError) -> [String: Double] {
    let result = try await ask("\(keys), \(column)", "WHERE \(column) IS NOT NULL")
    guard result.isExact, UInt64(result.rows.count) == result.rowCount else {
      throw WireError(
        .limitExceeded, "There are more than \(AnalyzeTool.maxRows) values: no medians of so many.",
        hint: "Filter them with 'sql'.")
    }
    var values: [String: [Double]] = [:]
    for row in result.rows {
      guard let number = row.last?.analysisNumber else { continue }
      values[row.prefix(count).map(\.analysisKey).joined(separator: "\u{0}"), default: []].append(number)
    }
    return values.mapValues { Quantiles.value($0.sorted(), 0.5) }
  }

  /// The line of least squares over numbers or times: `x`, then `y`. With a bucket, over the means of y in each period that has one.
  func trend(bucket: TimeBucket?) async throws(WireError) -> JSONValue {
    let names = try someColumns(2...2)
    let result = try await ask(names.map(SQLName.quoted).joined(separator: ", "))
    var isTime = false
    var points: [(x: Double, y: Double)] = []
    for row in result.rows {
      guard let y = row[1].analysisNumber else { continue }
      if let x = row[0].analysisNumber {
        points.append((x, y))
      } else if case .text(let text) = row[0], let seconds = ChartTime.parse(text) {
        isTime = true
        points.append((seconds / 86_400, y))
      }
    }
    guard points.count > 1 else {
      throw WireError(
        .toolArguments, "There are not two rows with a number or a time in '\(names[0])' and a number in '\(names[1])'.")
    }
    var periods: [JSONValue] = []
    var unit = isTime ? "day" : "unit of \(names[0])"
    if let bucket {
      guard isTime else { throw WireError(.toolArguments, "The argument 'bucket' wants times in '\(names[0])'.") }
      var means: [Int: Moments] = [:]
      for point in points { means[bucket.number(of: point.x * 86_400), default: Moments()].add(point.y) }
      let sorted = means.sorted { $0.key < $1.key }
      periods = sorted.suffix(200).map { number, mean in
        ["period": .string(bucket.name(number)), "mean": .number(mean.mean), "n": .integer(Int64(mean.count))]
      }
      points = sorted.map { (Double($0.key), $0.value.mean) }
      unit = bucket.rawValue
    }
    guard let line = Pairs(points.map { ($0.x, $0.y) }).line else {
      throw WireError(.toolArguments, "All rows have the same '\(names[0])': there is no trend in one point.")
    }
    let isAll = result.isExact && UInt64(result.rows.count) == result.rowCount
    var members: [JSONValue.Member] = [
      .init("slope", .number(line.slope)), .init("per", .string(unit)),
      .init("r_squared", line.rSquared.map { .number($0) } ?? .null), .init("points", .integer(Int64(points.count))),
    ]
    if !isTime { members.append(.init("intercept", .number(line.intercept))) }
    if !periods.isEmpty { members.append(.init("periods", .array(periods))) }
    members += [.init("rows_read", .integer(Int64(result.rows.count))), .init("all_rows", .bool(isAll))]
    return .object(members)
  }
}
