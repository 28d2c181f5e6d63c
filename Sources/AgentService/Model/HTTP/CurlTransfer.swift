import CCurl

/// One call inside libcurl: its easy handle, what libcurl borrows from us, and its deadlines. Confined to the driver's thread.
final class CurlTransfer {
  private static let maxHeaderBytes = 64 * 1024

  let easy: UnsafeMutableRawPointer
  let exchange: HTTPExchange
  private let timeouts: HTTPTimeouts
  private let maxResponseBytes: Int
  private let startedAt: ContinuousClock.Instant
  private var lastByteAt: ContinuousClock.Instant
  private var headers: [String: String] = [:]
  private var headerBytes = 0
  private var hasHead = false
  private var receivedBytes = 0
  /// Why a callback stopped the transfer: libcurl only says that one did.
  private var ownFailure: HTTPFailure?
  /// libcurl reads it until the handle is gone.
  private let body: HTTPBody
  private var headerList: UnsafeMutablePointer<curl_slist>?
  private let errorText = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))

  /// - Throws: `badRequest` when the address or a header cannot be used.
  init(_ request: HTTPRequest, _ exchange: HTTPExchange, now: ContinuousClock.Instant) throws(HTTPFailure) {
    guard let easy = curl_easy_init() else {
      errorText.deallocate()
      throw .unreachable("libcurl has no memory for another call")
    }
    self.easy = easy
    self.exchange = exchange
    timeouts = request.timeouts
    body = request.body
    maxResponseBytes = request.maxResponseBytes
    startedAt = now
    lastByteAt = now
    errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    try configure(request)
  }

  deinit {
    curl_easy_cleanup(easy)
    curl_slist_free_all(headerList)
    errorText.deallocate()
  }

  // MARK: deadlines

  /// The phase whose time is over, if one is. The connect phase is timed by libcurl, which alone knows it.
  func expired(at now: ContinuousClock.Instant) -> HTTPFailure.Phase? {
    if now >= startedAt + timeouts.total { return .total }
    if !hasHead { return now >= startedAt + timeouts.firstByte ? .firstByte : nil }
    return now >= lastByteAt + timeouts.idle ? .idle : nil
  }

  /// A moment before which this transfer cannot run out of time, whatever arrives.
  func earliestDeadline(after now: ContinuousClock.Instant) -> ContinuousClock.Instant {
    let phase = hasHead ? lastByteAt + timeouts.idle : min(startedAt + timeouts.firstByte, now + timeouts.idle)
    return min(phase, startedAt + timeouts.total)
  }

  // MARK: the end

  /// What libcurl's verdict means for the caller.
  func failure(for code: CURLcode) -> HTTPFailure? {
    if let ownFailure { return ownFailure }
    switch code {
    case CURLE_OK: return nil
    case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY, CURLE_COULDNT_CONNECT, CURLE_SSL_CONNECT_ERROR,
      CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE:
      return .unreachable(text(for: code))
    case CURLE_OPERATION_TIMEDOUT: return .timedOut(.connect)
    case CURLE_URL_MALFORMAT: return .badRequest(text(for: code))
    default: return .broken(text(for: code))
    }
  }

  private func text(for code: CURLcode) -> String {
    let detail = String(cString: errorText)
    if !detail.isEmpty { return detail }
    return curl_easy_strerror(code).map { String(cString: $0) } ?? "libcurl error \(code.rawValue)"
  }

  // MARK: set-up

  private func configure(_ request: HTTPRequest) throws(HTTPFailure) {
    // libcurl says "unsupported protocol" both for this and for a peer that does not speak HTTP.
    let scheme = request.url.prefix { $0 != ":" }.lowercased()
    guard scheme == "http" || scheme == "https" else { throw .badRequest("the address is neither http:// nor https://") }
    guard !request.url.utf8.contains(0) else { throw .badRequest("the address holds a zero byte") }
    for header in request.headers {
      let line = "\(header.name): \(header.value)"
      guard line.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f }), let list = curl_slist_append(headerList, line) else {
        throw .badRequest("the header '\(header.name)' holds a control character")
      }
      headerList = list
    }
    // Without this, libcurl asks for leave before a large body, which some servers never give.
    if let list = curl_slist_append(headerList, "Expect:") { headerList = list }

    let me = Unmanaged.passUnretained(self).toOpaque()
    var results: [CURLcode] = [
      ccurl_setopt_string(easy, CURLOPT_URL, request.url),
      ccurl_setopt_string(easy, CURLOPT_CUSTOMREQUEST, request.method),
      ccurl_setopt_string(easy, CURLOPT_PROTOCOLS_STR, "http,https"),
      ccurl_setopt_long(easy, CURLOPT_FOLLOWLOCATION, 0),
      // No signals: libcurl must not touch the process's alarm.
      ccurl_setopt_long(easy, CURLOPT_NOSIGNAL, 1),
      ccurl_setopt_long(easy, CURLOPT_TCP_NODELAY, 1),
      ccurl_setopt_long(easy, CURLOPT_TCP_KEEPALIVE, 1),
      ccurl_setopt_long(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1),
      ccurl_setopt_long(easy, CURLOPT_CONNECTTIMEOUT_MS, timeouts.connect.wholeMilliseconds),
      ccurl_setopt_pointer(easy, CURLOPT_HTTPHEADER, headerList),
      ccurl_setopt_pointer(easy, CURLOPT_ERRORBUFFER, errorText),
      ccurl_setopt_pointer(easy, CURLOPT_WRITEDATA, me),
      ccurl_setopt_write(easy, receiveBody),
      ccurl_setopt_pointer(easy, CURLOPT_HEADERDATA, me),
      ccurl_setopt_header(easy, receiveHeader),
    ]
    if let proxy = request.route.proxy { results.append(ccurl_setopt_string(easy, CURLOPT_PROXY, proxy)) }
    if let caFile = request.route.caFile { results.append(ccurl_setopt_string(easy, CURLOPT_CAINFO, caFile)) }
    if !body.bytes.isEmpty {
      results.append(ccurl_setopt_long(easy, CURLOPT_POSTFIELDSIZE, body.bytes.count))
      results.append(ccurl_setopt_pointer(easy, CURLOPT_POSTFIELDS, UnsafeMutableRawPointer(mutating: body.bytes.baseAddress)))
    }
    if let bad = results.first(where: { $0 != CURLE_OK }) { throw .badRequest(text(for: bad)) }
  }

  // MARK: callbacks

  /// One header line, with its line end. Returns whether to go on.
  fileprivate func header(_ line: UnsafeRawBufferPointer) -> Bool {
    if hasHead { return true }  // A trailer.
    headerBytes += line.count
    guard headerBytes <= Self.maxHeaderBytes else {
      ownFailure = .tooLarge(limitBytes: Self.maxHeaderBytes)
      return false
    }
    lastByteAt = .now
    let text = String(decoding: line, as: UTF8.self)
    if text == "\r\n" || text == "\n" {
      endOfHeaders()
    } else if let colon = text.firstIndex(of: ":") {
      headers[text[..<colon].lowercased()] = trimmed(text[text.index(after: colon)...])
    }
    return true
  }

  private func endOfHeaders() {
    var status = 0
    ccurl_getinfo_long(easy, CURLINFO_RESPONSE_CODE, &status)
    if status >= 200 {
      hasHead = true
      exchange.deliver(HTTPHead(status: status, headers: headers))
    }
    headers = [:]
  }

  fileprivate func body(_ bytes: UnsafeRawBufferPointer) -> Bool {
    lastByteAt = .now
    receivedBytes += bytes.count
    guard receivedBytes <= maxResponseBytes else {
      ownFailure = .tooLarge(limitBytes: maxResponseBytes)
      return false
    }
    exchange.deliver(bytes)
    return true
  }

  private func trimmed(_ text: Substring) -> String {
    let space: (Character) -> Bool = { $0.isWhitespace }
    guard let first = text.firstIndex(where: { !space($0) }), let last = text.lastIndex(where: { !space($0) }) else {
      return ""
    }
    return String(text[first...last])
  }
}

private func receiveHeader(
  _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ user: UnsafeMutableRawPointer?
) -> Int {
  guard let user else { return 0 }
  let transfer = Unmanaged<CurlTransfer>.fromOpaque(user).takeUnretainedValue()
  return transfer.header(UnsafeRawBufferPointer(start: bytes, count: size * count)) ? size * count : 0
}

private func receiveBody(
  _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ user: UnsafeMutableRawPointer?
) -> Int {
  guard let user else { return 0 }
  let transfer = Unmanaged<CurlTransfer>.fromOpaque(user).takeUnretainedValue()
  return transfer.body(UnsafeRawBufferPointer(start: bytes, count: size * count)) ? size * count : 0
}
