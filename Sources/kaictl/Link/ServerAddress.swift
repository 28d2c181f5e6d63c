import Wire

/// Where a kai-session listens.
struct ServerAddress: Equatable, CustomStringConvertible {
  static let defaultPort = 7411

  let host: String
  /// 1...65535.
  let port: Int

  /// Reads `host:port`, `host`, `[v6]:port` or `[v6]`.
  /// - Throws: `usage`, naming the text.
  init(_ text: String) throws(WireError) {
    let host: Substring
    let rest: Substring
    if text.hasPrefix("["), let end = text.firstIndex(of: "]") {
      host = text[text.index(after: text.startIndex)..<end]
      rest = text[text.index(after: end)...]
    } else {
      host = text.prefix { $0 != ":" }
      rest = text[host.endIndex...]
    }
    let port = rest.isEmpty ? Self.defaultPort : Int(rest.dropFirst())
    guard !host.isEmpty, rest.isEmpty || rest.first == ":", let port, (1...65_535).contains(port),
      !host.contains(where: \.isWhitespace)
    else {
      throw WireError(.usage, "'\(text)' is not the address of a server", hint: "Write host:port, such as 127.0.0.1:7411.")
    }
    self.host = String(host)
    self.port = port
  }

  var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
