import JSON
import Logging
import Testing
import Wire

@testable import Telemetry

@Suite struct TraceContextTests {
  @Test func aTraceparentIsReadAsTheStandardSays() throws {
    let text = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    let context = try #require(TraceContext(parsing: text))
    #expect(context.traceparent == text && context.isSampled)
    #expect(TraceContext(parsing: text.replacing("-01", with: "-00"))?.isSampled == false)
    // A later version may have more.
    #expect(TraceContext(parsing: "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more") != nil)
    for wrong in [
      "", "00", text + "-more", text.replacing("00-", with: "ff-"), text.uppercased(), text.replacing("4736", with: "473"),
      "00-00000000000000000000000000000000-00f067aa0ba902b7-01", "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
      text.replacing("-01", with: "-0x"),
    ] {
      #expect(TraceContext(parsing: wrong) == nil, "\(wrong)")
    }
  }

  @Test func aChildKeepsItsTrace() {
    let root = TraceContext.root()
    let child = root.child()
    #expect(child.traceId == root.traceId && child.spanId != root.spanId && child.isSampled)
    #expect(TraceContext.root().traceId != root.traceId)
  }
}

@Suite struct SpanTests {
  @Test func spansAreWrittenAsOTLPHasThem() throws {
    let context = try #require(TraceContext(parsing: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"))
    var span = Span(
      "task", .internal, context, parent: Array(1...8), start: 1_700_000_000_000_000_001, end: 1_700_000_000_000_000_002)
    span.attributes = [("kai.task", .text("t")), ("n", .integer(3)), ("b", .truth(true))]
    span.failure = "corrupt"
    let request = OTLP.request([span], resource: [("service.name", "kai-agent")], version: "1")
    let resource = request["resourceSpans"]?.array?.first
    #expect(resource?["resource"]?["attributes"]?.array?.first?["value"]?["stringValue"]?.string == "kai-agent")
    let written = resource?["scopeSpans"]?.array?.first?["spans"]?.array?.first
    #expect(written?["traceId"]?.string == "4bf92f3577b34da6a3ce929d0e0e4736")
    #expect(written?["parentSpanId"]?.string == "0102030405060708")
    #expect(written?["startTimeUnixNano"]?.string == "1700000000000000001" && written?["kind"]?.integer == 1)
    #expect(
      written?["attributes"]?.array?.map { $0["value"]?.text() } == [
        #"{"stringValue":"t"}"#, #"{"intValue":"3"}"#, #"{"boolValue":true}"#,
      ])
    #expect(written?["status"]?["code"]?.integer == 2)
  }

  @Test func aPlaceForSpansIsAFileOrACollector() throws {
    #expect(try SpanExporter.Target.parse(nil) == nil)
    #expect(try SpanExporter.Target.parse("off") == nil)
    for url in ["http://me:secret-word@host/", "https://169.254.169.254/", "ftp://host/"] {
      let error = #expect(throws: WireError.self) { try SpanExporter.Target.parse(url) }
      #expect(error?.description.contains("secret-word") == false)
    }
    #expect(try SpanExporter.Target.parse("/var/log/spans.jsonl") == .file("/var/log/spans.jsonl"))
    #expect(try SpanExporter.Target.parse("http://c:4318") == .collector("http://c:4318/v1/traces"))
    #expect(try SpanExporter.Target.parse("http://c:4318/") == .collector("http://c:4318/v1/traces"))
    #expect(try SpanExporter.Target.parse("https://c/otlp/v1/traces") == .collector("https://c/otlp/v1/traces"))
    #expect(throws: WireError.self) { _ = try SpanExporter.Target.parse("grpc://c:4317") }
  }

  @Test func withoutAPlaceForSpansTheTraceGoesOn() async {
    let context = TraceContext.root()
    let inside = await Tracing.run("work", .internal, under: context) { _ in TraceContext.current }
    #expect(inside == context)
  }
}
