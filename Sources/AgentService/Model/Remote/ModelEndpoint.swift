import Addresses
import Wire

/// Where a model's server is, and the key for it. Prints without the key.
struct ModelEndpoint: Sendable, CustomStringConvertible, CustomReflectable {
  /// The address that requests go to.
  let url: String
  private let dialect: ModelDialect
  /// Nil for servers that want none, as local ones do.
  private let key: String?

  /// - Parameters:
  ///   - base: such as `https://api.openai.com/v1`; a trailing slash, or the whole path, is fine. nil is the dialect's own.
  ///   - key: printable ASCII without spaces.
  /// - Throws: `usage`, with a sentence that never repeats the key.
  init(base: String?, key: String?, dialect: ModelDialect = .openAI) throws(WireError) {
    let base = base ?? dialect.defaultBase
    if let fault = ServerURL.fault(of: base) { throw Self.bad(fault) }
    guard !base.contains("#") else { throw Self.bad("holds a fragment (#)") }
    if let key {
      guard !key.isEmpty, key.utf8.count <= 4_096, key.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else {
        throw WireError(.usage, "The model's key must be one line of printable characters.", hint: "Check --model-key-file.")
      }
    }
    url = Self.joined(base, dialect.path)
    self.dialect = dialect
    self.key = key
  }

  var headers: [HTTPHeader] { dialect.headers(key: key) }

  /// `text` with the key blotted out: some servers repeat it in their errors.
  func redacting(_ text: String) -> String {
    guard let key, key.utf8.count >= 4 else { return text }
    return text.split(separator: key, omittingEmptySubsequences: false).joined(separator: "[key]")
  }

  var description: String { url }
  var customMirror: Mirror { Mirror(self, children: ["url": url]) }

  /// A query stays behind the path, as some gateways want their API version there.
  private static func joined(_ base: String, _ suffix: String) -> String {
    let split = base.firstIndex(of: "?") ?? base.endIndex
    var path = String(base[..<split])
    while path.hasSuffix("/") { path.removeLast() }
    if !path.hasSuffix(suffix) { path += suffix }
    return path + base[split...]
  }

  private static func bad(_ fault: String) -> WireError {
    WireError(
      .usage, "The model's address (--model-url) \(fault).",
      hint: "It looks like \(ModelDialect.openAI.defaultBase); the key belongs into --model-key-file.")
  }
}
