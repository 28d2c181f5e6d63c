package import Logging
import Synchronization
package import Wire

/// Where this process's spans go, and how work becomes one.
package enum Tracing {
  private static let shared = Mutex<SpanExporter?>(nil)
  private static let isOnFlag = Atomic<Bool>(false)

  /// To be called once, before anything is traced.
  package static func bootstrap(_ exporter: SpanExporter?) {
    shared.withLock { $0 = exporter }
    isOnFlag.store(exporter != nil, ordering: .releasing)
  }

  package static var isOn: Bool { isOnFlag.load(ordering: .acquiring) }

  package static func record(_ span: Span) { shared.withLock { $0 }?.add(span) }

  /// Delivers what waits, at the end of a program.
  package static func close() { shared.withLock { $0 }?.close() }

  /// What a span comes to know of its work while that runs.
  package final class Notes: Sendable {
    private let state = Mutex<(attributes: [(String, Span.Value)], failure: String?)>(([], nil))

    package subscript(key: String) -> Span.Value? {
      get { state.withLock { $0.attributes.last { $0.0 == key }?.1 } }
      set { if let newValue { state.withLock { $0.attributes.append((key, newValue)) } } }
    }

    /// For work that failed without throwing.
    package func fail(_ reason: String) { state.withLock { $0.failure = reason } }

    fileprivate func add(to span: inout Span) {
      state.withLock { state in
        span.attributes += state.attributes
        span.failure = span.failure ?? state.failure
      }
    }
  }

  /// Runs work as a span under `parent`, which calls and spans inside are under in turn. Without a place for spans the work still carries on
  /// the trace it belongs to.
  package static func run<T>(
    _ name: String, _ kind: Span.Kind, under parent: TraceContext? = TraceContext.current,
    _ attributes: [(String, Span.Value)] = [],
    _ body: (Notes) async -> T
  ) async -> T {
    let notes = Notes()
    guard isOn, parent?.isSampled ?? true else {
      return await TraceContext.$current.withValue(parent) { await body(notes) }
    }
    let context = parent?.child() ?? .root()
    var span = Span(name, kind, context, parent: parent?.spanId, start: Span.now(), end: 0)
    span.attributes = attributes
    let value = await TraceContext.$current.withValue(context) { await body(notes) }
    span.end = Span.now()
    notes.add(to: &span)
    record(span)
    return value
  }

  /// The same for work that may fail: its span says with which code.
  package static func span<T>(
    _ name: String, _ kind: Span.Kind, _ attributes: [(String, Span.Value)] = [],
    _ body: (Notes) async throws(WireError) -> T
  ) async throws(WireError) -> T {
    try await run(name, kind, attributes) { notes -> Result<T, WireError> in
      do throws(WireError) { return .success(try await body(notes)) } catch {
        notes.fail(error.errorCode.name)
        return .failure(error)
      }
    }.get()
  }

  /// What log lines say of the trace that they belong to.
  package static let logMetadata = Logger.MetadataProvider {
    guard let context = TraceContext.current else { return [:] }
    return ["trace_id": "\(TraceContext.hex(context.traceId))", "span_id": "\(TraceContext.hex(context.spanId))"]
  }
}
