import Foundation
import FoundationXML
import Testing
import Wire

@testable import AgentService

/// Counts elements; fails when the text is not well-formed XML.
private final class MarkCounter: NSObject, XMLParserDelegate {
  private(set) var marks: [String: Int] = [:]
  private(set) var texts: [String] = []
  private var text: String?

  static func count(_ svg: String) throws -> MarkCounter {
    let counter = MarkCounter()
    let parser = XMLParser(data: Data(svg.utf8))
    parser.delegate = counter
    try #require(parser.parse(), "\(String(describing: parser.parserError))")
    return counter
  }

  func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
    attributes: [String: String]
  ) {
    if attributes["class"] == "mark" { marks[name, default: 0] += 1 }
    text = name == "text" ? "" : nil
    for (key, value) in attributes where value.contains("nan") || value.contains("inf") {
      Issue.record("\(name) \(key)=\(value)")
    }
  }

  func parser(_ parser: XMLParser, foundCharacters string: String) { text? += string }

  func parser(_ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?) {
    if let text { texts.append(text) }
    text = nil
  }
}

struct ChartTests {
  static func chart(
    _ kind: Chart.Kind, _ x: [DatabaseValue], _ series: [[DatabaseValue]], title: String = "Title"
  ) throws -> Chart {
    let rows = x.indices.map { index in [x[index]] + series.map { $0[index] } }
    let columns = ["x"] + series.indices.map { "y\($0)" }
    return try ChartData(columns: columns, rows: rows).chart(
      kind, title: title, x: "x", y: [], seriesColumn: nil, xLabel: nil, yLabel: nil)
  }

  static let names: [DatabaseValue] = ["a", "b", "c"].map { .text($0) }

  @Test("each value of a bar chart is one bar; NULL is none")
  func bars() throws {
    let svg = try Self.chart(.bar, Self.names, [[.integer(3), .null, .real(-2)]]).svg()
    #expect(try MarkCounter.count(svg).marks == ["rect": 2])
  }

  @Test("grouped bars have a bar for each series and a legend")
  func groupedBars() throws {
    let svg = try Self.chart(.groupedBar, Self.names, [[1, 2, 3].map { .integer($0) }, [4, 5, 6].map { .integer($0) }]).svg()
    let counted = try MarkCounter.count(svg)
    #expect(counted.marks == ["rect": 6])
    #expect(counted.texts.contains("y0") && counted.texts.contains("y1"))
  }

  @Test("long names make lying bars, and all of them are written")
  func lyingBars() throws {
    let names = (1...20).map { DatabaseValue.text("A rather long category number \($0)") }
    let counted = try MarkCounter.count(try Self.chart(.bar, names, [names.indices.map { .integer(Int64($0 + 1)) }]).svg())
    #expect(counted.marks == ["rect": 20])
    #expect(counted.texts.filter { $0.hasPrefix("A rather long") }.count == 20)
  }

  @Test(
    "a gap breaks a line in two, and NaN and infinities are gaps",
    arguments: [DatabaseValue.null, .real(.nan), .real(.infinity)])
  func gaps(_ gap: DatabaseValue) throws {
    let x = (1...5).map { DatabaseValue.integer($0) }
    let y: [DatabaseValue] = [.integer(1), .integer(2), gap, .integer(4), .integer(3)]
    #expect(try MarkCounter.count(try Self.chart(.line, x, [y]).svg()).marks == ["path": 2, "circle": 4])
  }

  @Test("an area has a line on top and points")
  func area() throws {
    let svg = try Self.chart(.area, Self.names, [[1, 2, 3].map { .integer($0) }]).svg()
    #expect(try MarkCounter.count(svg).marks == ["path": 1, "circle": 3])
  }

  @Test("a scatter chart has one point for each pair")
  func scatter() throws {
    let x: [DatabaseValue] = [.real(1.5), .null, .integer(3), .integer(4)]
    let y: [DatabaseValue] = [.integer(1), .integer(2), .null, .integer(4)]
    #expect(try MarkCounter.count(try Self.chart(.scatter, x, [y]).svg()).marks == ["circle": 2])
  }

  @Test("a histogram counts every value once")
  func histogram() throws {
    let values = (0..<1_000).map { Double($0 % 97) }
    let histogram = Histogram(of: values)
    #expect(histogram.counts.reduce(0, +) == 1_000)
    #expect((5...45).contains(histogram.counts.count))
    let data = ChartData(columns: ["v"], rows: values.map { [.real($0)] })
    let chart = try data.chart(.histogram, title: "t", x: "v", y: [], seriesColumn: nil, xLabel: nil, yLabel: nil)
    let marks = try MarkCounter.count(chart.svg()).marks
    #expect(marks == ["rect": histogram.counts.count(where: { $0 > 0 })])
    #expect(Histogram(of: [5]).counts.reduce(0, +) == 1)
    #expect(Histogram(of: [-1e308, 1e308]).counts.reduce(0, +) == 2)
  }

  @Test("ISO dates get a time axis with round moments")
  func times() throws {
    let x = (1...12).map { DatabaseValue.text("2013-\($0 < 10 ? "0" : "")\($0)") }
    let chart = try Self.chart(.line, x, [x.indices.map { .integer(Int64($0)) }])
    guard case .times = chart.x else {
      Issue.record("no time axis")
      return
    }
    #expect(try MarkCounter.count(chart.svg()).texts.contains("2013-07"))
  }

  @Test("a long table becomes one series for each value")
  func pivot() throws {
    let rows: [[DatabaseValue]] = [
      [.integer(1), .text("UA"), .integer(5)], [.integer(1), .text("DL"), .integer(6)], [.integer(2), .text("DL"), .integer(7)],
    ]
    let chart = try ChartData(columns: ["month", "carrier", "n"], rows: rows).chart(
      .line, title: "t", x: "month", y: ["n"], seriesColumn: "carrier", xLabel: nil, yLabel: nil)
    #expect(chart.x == .numbers([1, 2]))
    #expect(chart.series == [Chart.Series(name: "UA", values: [5, nil]), Chart.Series(name: "DL", values: [6, 7])])
  }

  @Test("texts are escaped, whatever they hold")
  func escaping() throws {
    let nasty = "</text><script>&\"'\u{0}\u{8}\u{fffe}]]>"
    let chart = try Self.chart(.bar, [.text(nasty), .text("b")], [[.integer(1), .integer(2)]], title: nasty)
    let counted = try MarkCounter.count(chart.svg())
    #expect(counted.marks == ["rect": 2])
    #expect(counted.texts.contains { $0.contains("<script>") })
  }

  static let extremeValues: [[Double]] = [
    [0], [0, 0], [5, 5, 5], [-1e308, 1e308], [1e-300, 2e-300], [1e15, 1e15 + 1], [.leastNonzeroMagnitude],
    [-5, -1], [1e18, 3e18],
  ]

  @Test("no number can break a chart", arguments: extremeValues.indices, Chart.Kind.allCases)
  func extremes(_ index: Int, _ kind: Chart.Kind) throws {
    let values = Self.extremeValues[index].map { DatabaseValue.real($0) }
    let data = ChartData(columns: ["x", "y", "row"], rows: values.map { [$0, $0, .text("r")] })
    let make = {
      try data.chart(
        kind, title: "t", x: "x", y: ["y"], seriesColumn: kind == .heatMap ? "row" : nil, xLabel: nil, yLabel: nil)
    }
    // A pie has no place for what is not above zero.
    if kind == .pie, !Self.extremeValues[index].allSatisfy({ $0 > 0 }) {
      #expect(throws: WireError.self) { try make() }
      return
    }
    let chart = try make()
    let marks = try MarkCounter.count(chart.svg()).marks
    #expect(!marks.isEmpty)
  }

  @Test("without rows, and with too many bars, there is no chart")
  func refusals() throws {
    let none = #expect(throws: WireError.self) { try Self.chart(.bar, [], [[]]) }
    #expect(none?.errorCode == .toolArguments)
    let many = (0...ChartData.maxBars).map { DatabaseValue.integer(Int64($0)) }
    let error = #expect(throws: WireError.self) { try Self.chart(.bar, many, [many]) }
    #expect(error?.errorCode == .toolArguments)
  }

  @Test("colours stand out from white by at least 3 to 1", arguments: ChartStyle.palette)
  func contrast(_ colour: String) throws {
    let value = try #require(Int(colour.dropFirst(), radix: 16))
    let light = zip([value >> 16, value >> 8 & 255, value & 255], [0.2126, 0.7152, 0.0722]).map { part, weight in
      let share = Double(part) / 255
      return weight * (share <= 0.04045 ? share / 12.92 : pow((share + 0.055) / 1.055, 2.4))
    }
    #expect(1.05 / (light.reduce(0, +) + 0.05) >= 3)
  }

  @Test("bars over dates stand where their dates are, and keep their order when somebody wanted another")
  func datesWithGaps() throws {
    let months = ["2024-01", "2024-02", "2024-06"].map { DatabaseValue.text($0) }
    let chart = try Self.chart(.bar, months, [[1, 2, 3].map { .integer($0) }])
    #expect(chart.x == .categories(["2024-01", "2024-02", "2024-03", "2024-04", "2024-05", "2024-06"]))
    #expect(chart.series[0].values == [1, 2, nil, nil, nil, 3])
    let weeks = ["2024-02-19", "2024-02-26", "2024-03-11"].map { DatabaseValue.text($0) }
    #expect(try Self.chart(.bar, weeks, [[1, 2, 3].map { .integer($0) }]).x.count == 4)
    let ranked = ["2024-06", "2024-01", "2024-02"].map { DatabaseValue.text($0) }
    #expect(try Self.chart(.bar, ranked, [[1, 2, 3].map { .integer($0) }]).x.count == 3)
    let far = ["1900-01-01", "2024-02-26", "2024-03-11"].map { DatabaseValue.text($0) }
    #expect(try Self.chart(.bar, far, [[1, 2, 3].map { .integer($0) }]).x.count == 3)
  }

  @Test("a row without x is left out of the other axis too")
  func withoutX() throws {
    let chart = try Self.chart(.line, [.integer(1), .null, .integer(3)], [[1, 1_000_000, 3].map { .integer($0) }])
    #expect(chart.x == .numbers([1, 3]) && chart.series[0].values == [1, 3])
  }

  @Test("labels with the same beginning are told apart")
  func equalLabels() {
    let names = (1...12).map { "A rather long category number \($0)" }
    let short = ChartStyle.fitted(names, size: 12, width: 120)
    #expect(Set(short).count == 12)
    #expect(short.allSatisfy { ChartStyle.textWidth($0, size: 12) <= 120 && $0.contains("…") })
    #expect(ChartStyle.fitted(["short", "a text that is much too long for this"], size: 12, width: 80)[1].hasSuffix("…"))
  }
}
