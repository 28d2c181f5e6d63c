public import Wire

/// Where a program's status is served: what `--http HOST:PORT|off` says.
public struct StatusAddress: Sendable, Equatable {
  public let host: String
  public let port: Int
  /// Somebody asked for this address: that it is taken is an error, not a remark.
  public let isWanted: Bool

  /// - Parameters:
  ///   - text: nil when nothing was said.
  ///   - standard: what holds then; nil for none.
  /// - Returns: nil for `off`.
  /// - Throws: `usage`
  public static func parse(_ text: String?, standard: String?) throws(WireError) -> StatusAddress? {
    guard let text = text ?? standard, text != "off" else { return nil }
    guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]), (0...65_535).contains(port),
      colon != text.startIndex
    else { throw WireError(.usage, "--http must be HOST:PORT or off, not '\(text.prefix(100))'") }
    var host = text[..<colon]
    if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
    return StatusAddress(host: String(host), port: port, isWanted: text != standard)
  }
}
