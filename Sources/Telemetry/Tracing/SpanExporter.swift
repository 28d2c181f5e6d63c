import Addresses
import Dispatch
import Glibc
import JSON
package import Logging
import Synchronization
package import Wire

/// Brings spans to a file, one request of OTLP a line, or to a collector over HTTP. What does not fit or cannot be delivered is dropped and
/// counted: tracing never holds up what is traced.
package final class SpanExporter: Sendable {
  /// Where spans go.
  package enum Target: Sendable, Equatable {
    case file(String)
    /// The whole address, with its path.
    case collector(String)

    /// - Returns: nil for no text and for `off`.
    /// - Throws: `usage`
    package static func parse(_ text: String?) throws(WireError) -> Target? {
      guard let text, !text.isEmpty, text != "off" else { return nil }
      guard text.contains("://") else { return .file(text) }
      if let fault = ServerURL.fault(of: text) {
        throw WireError(.usage, "--traces must be a file, or the address of a collector; what was given \(fault)")
      }
      // An address without a path is the collector's own, as OpenTelemetry has it.
      let rest = text.split(separator: "/", omittingEmptySubsequences: true)
      return .collector(rest.count > 2 ? text : (text.hasSuffix("/") ? String(text.dropLast()) : text) + "/v1/traces")
    }
  }

  private struct State {
    var waiting: [Span] = []
    var dropped: UInt64 = 0
    var isScheduled = false
  }

  private static let most = 8_192
  private static let batch = 512
  private static let delay = DispatchTimeInterval.milliseconds(500)

  private let resource: [(String, Span.Value)]
  private let version: String
  private let deliver: @Sendable ([UInt8]) throws(WireError) -> Void
  private let logger: Logger
  private let queue = DispatchQueue(label: "spans")
  private let state = Mutex(State())

  /// - Throws: `local_io` when the file cannot be opened.
  package init(_ target: Target, service: String, version: String, logger: Logger) throws(WireError) {
    var name = [CChar](repeating: 0, count: 256)
    gethostname(&name, name.count - 1)
    let host = String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    resource = [
      ("service.name", .text(service)), ("service.version", .text(version)),
      ("service.instance.id", .text("\(host):\(getpid())")),
      ("host.name", .text(host)), ("process.pid", .integer(Int64(getpid()))),
    ]
    (self.version, self.logger) = (version, logger)
    switch target {
    case .file(let path):
      let file = try SpanFile(path)
      deliver = { (bytes) throws(WireError) in try file.append(bytes) }
    case .collector(let url):
      deliver = { (bytes) throws(WireError) in try CollectorPost.send(bytes, to: url) }
    }
  }

  /// How many spans never arrived.
  package var dropped: UInt64 { state.withLock { $0.dropped } }

  package func add(_ span: Span) {
    let schedules = state.withLock { state in
      guard state.waiting.count < Self.most else {
        state.dropped += 1
        return false
      }
      state.waiting.append(span)
      defer { state.isScheduled = true }
      return !state.isScheduled
    }
    if schedules { queue.asyncAfter(deadline: .now() + Self.delay) { self.flush() } }
  }

  /// Delivers what waits; returns when that is done.
  package func close() { queue.sync { flush() } }

  private func flush() {
    while true {
      let spans = state.withLock { state in
        let spans = Array(state.waiting.prefix(Self.batch))
        state.waiting.removeFirst(spans.count)
        if spans.isEmpty { state.isScheduled = false }
        return spans
      }
      guard !spans.isEmpty else { return }
      let bytes = Array(OTLP.request(spans, resource: resource, version: version).text().utf8)
      do throws(WireError) { try deliver(bytes) } catch {
        let dropped = state.withLock { state in
          state.dropped += UInt64(spans.count)
          return state.dropped
        }
        logger.warning("spans could not be delivered", metadata: ["error": "\(error.message)", "dropped": "\(dropped)"])
      }
    }
  }
}

/// A file that grows by lines.
private final class SpanFile: Sendable {
  private let descriptor: Int32

  init(_ path: String) throws(WireError) {
    descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      throw WireError(.localIo, "--traces: '\(path)' cannot be written: \(String(cString: strerror(errno)))")
    }
  }

  deinit { close(descriptor) }

  /// One call, so that lines of several programs do not mix.
  func append(_ bytes: [UInt8]) throws(WireError) {
    let line = bytes + [UInt8(ascii: "\n")]
    guard write(descriptor, line, line.count) == line.count else {
      throw WireError(.localIo, "the file of --traces cannot be written: \(String(cString: strerror(errno)))")
    }
  }
}
