/// What the address of an HTTP server may not be, wherever an operator gives one.
public enum ServerURL {
  /// The fault of an `http://` or `https://` address as the end of a sentence, or nil when there is none.
  public static func fault(of url: String) -> String? {
    let lower = url.lowercased()
    guard lower.hasPrefix("http://") || lower.hasPrefix("https://") else { return "must begin with http:// or https://" }
    let rest = url.firstRange(of: "://").map { url[$0.upperBound...] } ?? ""
    let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
    guard !authority.isEmpty else { return "names no host" }
    guard !authority.contains("@") else { return "holds a user or password" }
    guard url.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else { return "holds a space or a special character" }
    let host = authority.first == "[" ? authority.dropFirst().prefix { $0 != "]" } : authority.prefix { $0 != ":" }
    guard IPAddress(String(host))?.isForbidden != true, host.lowercased() != "metadata.google.internal" else {
      return "is an address at which no such server can be"
    }
    return nil
  }
}
