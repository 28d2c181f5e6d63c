public import CoreMetrics
import Synchronization

/// Keeps a program's metrics in memory and prints them in Prometheus' text format
/// (https://prometheus.io/docs/instrumenting/exposition_formats/, version 0.0.4).
///
/// Dots in names become underscores. A timer is a histogram in seconds, a recorder that aggregates a histogram of its values.
public final class PrometheusMetrics: MetricsFactory {
  /// Upper bounds of a timer's buckets, in seconds.
  public static let seconds = [
    0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300,
  ]
  /// Upper bounds of a recorder's buckets.
  public static let counts = [1.0, 2, 4, 8, 16, 32, 64, 128, 256, 1_024, 4_096, 16_384, 65_536, 1_048_576]
  /// Series of one name; more are counted as one without labels, so that a label with many values cannot fill the memory.
  public static let series = 2_000

  /// A value that is asked for when the metrics are printed.
  public typealias Reading = @Sendable () -> [(labels: [(String, String)], value: Double)]

  private struct Family {
    let type: String
    var help = ""
    var series: [String: any Series] = [:]
  }

  private struct State {
    var families: [String: Family] = [:]
    var readings: [(name: String, type: String, help: String, read: Reading)] = []
  }

  private let state = Mutex(State())

  public init() {}

  /// What a name stands for, for who reads the figures.
  public func describe(_ name: String, _ help: String) {
    state.withLock { state in
      let name = Self.name(name)
      state.families[name]?.help = help
      if state.families[name] == nil { state.families[name] = Family(type: "", help: help) }
    }
  }

  /// Adds a gauge, or a counter whose value somebody else keeps, that is read when the metrics are printed.
  public func read(_ name: String, isCounter: Bool = false, _ help: String, _ read: @escaping Reading) {
    state.withLock { $0.readings.append((Self.name(name), isCounter ? "counter" : "gauge", help, read)) }
  }

  // MARK: MetricsFactory

  public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
    series(label, dimensions, type: "counter") { NumberSeries() }
  }

  public func makeFloatingPointCounter(label: String, dimensions: [(String, String)]) -> any FloatingPointCounterHandler {
    series(label, dimensions, type: "counter") { NumberSeries() }
  }

  public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
    series(label, dimensions, type: "gauge") { NumberSeries() }
  }

  public func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
    guard aggregate else { return series(label, dimensions, type: "gauge") { NumberSeries() } }
    return series(label, dimensions, type: "histogram") { HistogramSeries(bounds: Self.counts) }
  }

  public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
    series(label, dimensions, type: "histogram") { HistogramSeries(bounds: Self.seconds) }
  }

  // Whoever made a metric may let go of it: what it counted stays.
  public func destroyCounter(_ handler: any CounterHandler) {}
  public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) {}
  public func destroyMeter(_ handler: any MeterHandler) {}
  public func destroyRecorder(_ handler: any RecorderHandler) {}
  public func destroyTimer(_ handler: any TimerHandler) {}

  private func series<S: Series>(
    _ label: String, _ dimensions: [(String, String)], type: String, _ make: () -> S
  ) -> S {
    let name = Self.name(label)
    return state.withLock { state in
      var family = state.families[name] ?? Family(type: type)
      if family.type.isEmpty { family = Family(type: type, help: family.help) }
      var key = Self.labels(dimensions)
      if family.series[key] == nil, family.series.count >= Self.series { key = "" }
      if let known = family.series[key] as? S { return known }
      let made = make()
      // Two kinds of one name are a mistake in the program; the first is what is printed.
      if family.type == type { family.series[key] = made }
      state.families[name] = family
      return made
    }
  }

  // MARK: Text

  /// All of them, sorted by name.
  public func text() -> String {
    let (families, readings) = state.withLock { ($0.families, $0.readings) }
    var blocks: [(name: String, text: String)] = families.filter { !$0.value.series.isEmpty }.map { name, family in
      var text = Self.head(name, family.type, family.help)
      for (labels, series) in family.series.sorted(by: { $0.key < $1.key }) { series.print(name, labels, into: &text) }
      return (name, text)
    }
    for reading in readings {
      var text = Self.head(reading.name, reading.type, reading.help)
      for (labels, value) in reading.read() {
        text += "\(reading.name)\(Self.braced(Self.labels(labels))) \(Self.number(value))\n"
      }
      blocks.append((reading.name, text))
    }
    return blocks.sorted { $0.name < $1.name }.map(\.text).joined()
  }

  private static func head(_ name: String, _ type: String, _ help: String) -> String {
    (help.isEmpty ? "" : "# HELP \(name) \(help)\n") + "# TYPE \(name) \(type)\n"
  }

  static func name(_ label: String) -> String {
    String(label.map { $0.isASCII && ($0.isLetter || $0.isNumber) || $0 == "_" || $0 == ":" ? $0 : "_" })
  }

  static func labels(_ dimensions: [(String, String)]) -> String {
    dimensions.map { key, value in
      let escaped = value.reduce(into: "") { text, character in
        switch character {
        case "\\": text += "\\\\"
        case "\"": text += "\\\""
        case "\n": text += "\\n"
        default: text.append(character)
        }
      }
      return "\(name(key))=\"\(escaped)\""
    }.joined(separator: ",")
  }

  static func braced(_ labels: String) -> String { labels.isEmpty ? "" : "{" + labels + "}" }

  static func number(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
    return value == value.rounded() && abs(value) < 1e15 ? "\(Int64(value))" : "\(value)"
  }
}

/// One combination of labels of a metric.
private protocol Series: AnyObject, Sendable {
  func print(_ name: String, _ labels: String, into text: inout String)
}

private final class NumberSeries: Series, CounterHandler, FloatingPointCounterHandler, MeterHandler, RecorderHandler {
  private let value = Mutex(0.0)

  func increment(by amount: Int64) { value.withLock { $0 += Double(amount) } }
  func increment(by amount: Double) { value.withLock { $0 += amount } }
  func decrement(by amount: Double) { value.withLock { $0 -= amount } }
  func reset() { value.withLock { $0 = 0 } }
  func set(_ new: Int64) { value.withLock { $0 = Double(new) } }
  func set(_ new: Double) { value.withLock { $0 = new } }
  func record(_ new: Int64) { set(new) }
  func record(_ new: Double) { set(new) }

  func print(_ name: String, _ labels: String, into text: inout String) {
    text += "\(name)\(PrometheusMetrics.braced(labels)) \(PrometheusMetrics.number(value.withLock { $0 }))\n"
  }
}

private final class HistogramSeries: Series, TimerHandler, RecorderHandler {
  private struct Counts {
    var buckets: [UInt64]
    var sum = 0.0
    var count: UInt64 = 0
  }

  private let bounds: [Double]
  private let counts: Mutex<Counts>

  init(bounds: [Double]) {
    self.bounds = bounds
    counts = Mutex(Counts(buckets: Array(repeating: 0, count: bounds.count)))
  }

  func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1e9) }
  func record(_ value: Int64) { record(Double(value)) }

  func record(_ value: Double) {
    let bucket = bounds.firstIndex { value <= $0 }
    counts.withLock { counts in
      if let bucket { counts.buckets[bucket] += 1 }
      counts.sum += value
      counts.count += 1
    }
  }

  func print(_ name: String, _ labels: String, into text: inout String) {
    let counts = counts.withLock { $0 }
    let prefix = labels.isEmpty ? "" : labels + ","
    var total: UInt64 = 0
    for (bound, count) in zip(bounds, counts.buckets) {
      total += count
      text += "\(name)_bucket{\(prefix)le=\"\(bound)\"} \(total)\n"
    }
    text += "\(name)_bucket{\(prefix)le=\"+Inf\"} \(counts.count)\n"
    text += "\(name)_sum\(PrometheusMetrics.braced(labels)) \(PrometheusMetrics.number(counts.sum))\n"
    text += "\(name)_count\(PrometheusMetrics.braced(labels)) \(counts.count)\n"
  }
}
