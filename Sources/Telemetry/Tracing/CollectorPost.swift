import CCurl
import Wire

/// One request to a collector, through libcurl; blocks.
enum CollectorPost {
  private static let timeoutMs = 10_000
  private static let connectTimeoutMs = 2_000
  private static let isReady: Bool = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

  /// - Throws: `unavailable`
  static func send(_ body: [UInt8], to url: String) throws(WireError) {
    guard isReady, let handle = curl_easy_init() else { throw WireError(.unavailable, "libcurl could not be set up") }
    defer { curl_easy_cleanup(handle) }
    let headers = curl_slist_append(curl_slist_append(nil, "Content-Type: application/json"), "Expect:")
    defer { curl_slist_free_all(headers) }
    ccurl_setopt_string(handle, CURLOPT_URL, url)
    ccurl_setopt_string(handle, CURLOPT_PROTOCOLS_STR, "http,https")
    ccurl_setopt_long(handle, CURLOPT_NOSIGNAL, 1)
    ccurl_setopt_long(handle, CURLOPT_TIMEOUT_MS, timeoutMs)
    ccurl_setopt_long(handle, CURLOPT_CONNECTTIMEOUT_MS, connectTimeoutMs)
    ccurl_setopt_pointer(handle, CURLOPT_HTTPHEADER, headers)
    ccurl_setopt_long(handle, CURLOPT_POST, 1)
    ccurl_setopt_long(handle, CURLOPT_POSTFIELDSIZE, body.count)
    // The answer is of no interest beyond its status.
    ccurl_setopt_write(handle) { _, size, count, _ in size * count }
    let code = body.withUnsafeBufferPointer { bytes in
      ccurl_setopt_pointer(handle, CURLOPT_POSTFIELDS, UnsafeMutableRawPointer(mutating: bytes.baseAddress))
      return curl_easy_perform(handle)
    }
    guard code == CURLE_OK else {
      throw WireError(.unavailable, "the collector could not be reached: \(String(cString: curl_easy_strerror(code)))")
    }
    var status = 0
    ccurl_getinfo_long(handle, CURLINFO_RESPONSE_CODE, &status)
    guard (200..<300).contains(status) else { throw WireError(.unavailable, "the collector answered \(status)") }
  }
}
