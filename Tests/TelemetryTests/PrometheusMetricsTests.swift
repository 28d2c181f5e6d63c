import CoreMetrics
import Testing

@testable import Telemetry

@Suite struct PrometheusMetricsTests {
  @Test func whatIsCountedIsPrinted() {
    let metrics = PrometheusMetrics()
    metrics.describe("kai.requests", "Requests.")
    metrics.makeCounter(label: "kai.requests", dimensions: [("method", "session.get"), ("code", "ok")]).increment(by: 3)
    metrics.makeCounter(label: "kai.requests", dimensions: [("method", "session.get"), ("code", "ok")]).increment(by: 2)
    metrics.makeCounter(label: "kai.requests", dimensions: [("method", "a\"b\\c\n"), ("code", "ok")]).increment(by: 1)
    metrics.makeMeter(label: "level", dimensions: []).set(1.5)
    metrics.read("depth", "Waiting.") { [([("state", "queued")], 7), ([("state", "running")], .infinity)] }
    #expect(
      metrics.text() == """
        # HELP depth Waiting.
        # TYPE depth gauge
        depth{state="queued"} 7
        depth{state="running"} +Inf
        # HELP kai_requests Requests.
        # TYPE kai_requests counter
        kai_requests{method="a\\"b\\\\c\\n",code="ok"} 1
        kai_requests{method="session.get",code="ok"} 5
        # TYPE level gauge
        level 1.5

        """)
  }

  @Test func aTimerIsAHistogramInSeconds() {
    let metrics = PrometheusMetrics()
    let timer = metrics.makeTimer(label: "wait", dimensions: [("m", "x")])
    for nanoseconds in [100_000, 500_000, 3_000_000, 400_000_000_000] as [Int64] { timer.recordNanoseconds(nanoseconds) }
    let lines = metrics.text().split(separator: "\n")
    #expect(lines.first == "# TYPE wait histogram")
    #expect(lines.contains("wait_bucket{m=\"x\",le=\"0.0005\"} 2"), "a bound is part of its bucket")
    #expect(lines.contains("wait_bucket{m=\"x\",le=\"0.005\"} 3") && lines.contains("wait_bucket{m=\"x\",le=\"300.0\"} 3"))
    #expect(lines.contains("wait_bucket{m=\"x\",le=\"+Inf\"} 4") && lines.contains("wait_count{m=\"x\"} 4"))
    #expect(lines.contains { $0.hasPrefix("wait_sum{m=\"x\"} 400.0036") })
  }

  @Test func aLabelWithManyValuesDoesNotFillTheMemory() {
    let metrics = PrometheusMetrics()
    for number in 0..<PrometheusMetrics.series + 50 {
      metrics.makeCounter(label: "many", dimensions: [("n", "\(number)")]).increment(by: 1)
    }
    let lines = metrics.text().split(separator: "\n")
    #expect(lines.count == PrometheusMetrics.series + 2)
    #expect(lines.contains("many 50"))
  }
}
