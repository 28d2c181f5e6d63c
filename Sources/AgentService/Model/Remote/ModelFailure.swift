import JSON
import Wire

/// A failed try: the error, and whether and when another try makes sense.
struct ModelFailure: Error {
  let error: WireError
  let isWorthRetrying: Bool
  /// What the server asked for.
  var retryAfter: Duration?

  init(_ error: WireError, isWorthRetrying: Bool, retryAfter: Duration? = nil) {
    self.error = error
    self.isWorthRetrying = isWorthRetrying
    self.retryAfter = retryAfter
  }

  static func malformed(_ what: String) -> WireError {
    WireError(.modelProtocol, "The model's server sent \(what).")
  }

  // MARK: from the transport

  init(_ failure: HTTPFailure, timeouts: HTTPTimeouts) {
    switch failure {
    case .badRequest(let reason):
      self.init(WireError(.modelRefused, "The model's address cannot be used: \(reason)."), isWorthRetrying: false)
    case .unreachable(let reason):
      self.init(WireError(.modelUnavailable, "The model's server cannot be reached: \(reason)."), isWorthRetrying: true)
    case .broken(let reason):
      self.init(
        WireError(.modelUnavailable, "The connection to the model's server broke: \(reason)."), isWorthRetrying: true)
    case .tooLarge(let limit):
      self.init(Self.malformed("an answer of more than \(limit) bytes"), isWorthRetrying: false)
    case .cancelled:
      self.init(WireError(.cancelled, "The call to the model was cancelled."), isWorthRetrying: false)
    case .timedOut(.connect):
      self.init(
        WireError(.modelTimeout, "No connection to the model's server within \(timeouts.connect)."), isWorthRetrying: true)
    case .timedOut(.firstByte):
      self.init(
        WireError(.modelTimeout, "The model's server did not begin to answer within \(timeouts.firstByte)."),
        isWorthRetrying: false)
    case .timedOut(.idle):
      self.init(
        WireError(.modelTimeout, "The model's server fell silent for \(timeouts.idle) in the middle of its answer."),
        isWorthRetrying: false)
    case .timedOut(.total):
      self.init(
        WireError(.modelTimeout, "The model's answer was not complete within \(timeouts.total)."), isWorthRetrying: false)
    }
  }

  // MARK: from a status

  /// What an answer that is not 200 means.
  /// - Parameter body: as much of it as was read.
  init(_ head: HTTPHead, body: [UInt8]) {
    let text = String(decoding: body, as: UTF8.self)
    let json = Self.parsed(text)
    let said = json.flatMap(Self.sentence) ?? Self.excerpt(of: text)
    let tail = said.isEmpty ? "." : ": \(said)"
    switch head.status {
    case 429 where Self.isOutOfQuota(json):
      self.init(WireError(.modelRefused, "The model's server refused (429)\(tail)"), isWorthRetrying: false)
    case 429:
      let retryAfter = Self.retryAfter(head)
      self.init(
        WireError(
          .modelRateLimited, "The model's server asks to slow down (429)\(tail)",
          retryAfterMs: UInt32(clamping: retryAfter?.wholeMilliseconds ?? 0)),
        isWorthRetrying: true, retryAfter: retryAfter)
    case 408:
      self.init(WireError(.modelTimeout, "The model's server gave up waiting (408)\(tail)"), isWorthRetrying: true)
    case 500...:
      self.init(
        WireError(.modelUnavailable, "The model's server failed (\(head.status))\(tail)"), isWorthRetrying: true,
        retryAfter: Self.retryAfter(head))
    case 400..<500:
      self.init(WireError(.modelRefused, "The model's server refused (\(head.status))\(tail)"), isWorthRetrying: false)
    case 300..<400:
      self.init(
        WireError(
          .modelProtocol, "The model's server sends us elsewhere (\(head.status)), and redirects are not followed.",
          hint: "Give the final address as --model-url."),
        isWorthRetrying: false)
    default:
      self.init(Self.malformed("status \(head.status) in place of an answer"), isWorthRetrying: false)
    }
  }

  /// `Retry-After` in seconds, or `retry-after-ms`. Dates are rare here and left to the back-off.
  private static func retryAfter(_ head: HTTPHead) -> Duration? {
    if let text = head.headers["retry-after-ms"], let value = Double(text), value >= 0, value <= 86_400_000 {
      return .milliseconds(Int64(value))
    }
    guard let text = head.headers["retry-after"], let value = Double(text), value >= 0, value <= 86_400 else { return nil }
    return .milliseconds(Int64(value * 1_000))
  }

  /// A spent account looks like a rate limit, but waiting does not help.
  private static func isOutOfQuota(_ json: JSONValue?) -> Bool {
    let error = json?["error"]
    return error?["code"]?.string == "insufficient_quota" || error?["type"]?.string == "insufficient_quota"
  }

  /// The server's own sentence, wherever it put it.
  static func sentence(in json: JSONValue) -> String? {
    let candidates = [json["error"]?["message"], json["error"], json["message"], json["detail"]]
    return candidates.compactMap { $0?.string }.first { !$0.isEmpty }.map(excerpt)
  }

  private static func parsed(_ text: String) -> JSONValue? {
    do throws(JSONError) { return try JSONValue(parsing: text) } catch { return nil }
  }

  /// The first words of what a server said, on one line.
  private static func excerpt(of text: String) -> String {
    let words = text.unicodeScalars.prefix(2_000).split { $0.properties.isWhitespace || $0.value < 0x20 }
    let line = words.map { String($0) }.joined(separator: " ")
    return line.count > 500 ? line.prefix(500) + "…" : line
  }
}
