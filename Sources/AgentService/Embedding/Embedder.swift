package import Wire

/// Turns texts into directions that can be compared.
package protocol Embedder: Sendable {
  /// Names the space: directions of different names are never compared.
  var name: String { get }
  /// One for each text, all of the same length; all zeros for a text that says nothing.
  /// - Throws: `model_unavailable`, `model_protocol`, `model_refused` or `model_timeout` of a server's.
  func embed(_ texts: [String]) async throws(WireError) -> [[Float]]
}

extension Embedding {
  /// A direction as bytes, the largest component as 127.
  package static func bytes(_ values: [Float]) -> [UInt8] {
    let largest = values.reduce(Float(0)) { max($0, abs($1)) }
    guard largest > 0, largest.isFinite else { return [UInt8](repeating: 0, count: values.count) }
    return values.map { UInt8(bitPattern: Int8(($0 / largest * 127).rounded())) }
  }
}

/// The embedders of this library, for programs that compare them.
package enum Embedders {
  /// - Parameters:
  ///   - spec: as of `kai-agent --embedder`; see ``EmbedderSpec``.
  ///   - url: of its server.
  /// - Returns: nil for none.
  /// - Throws: `usage`, `local_io`.
  package static func make(_ spec: String, url: String?) throws(WireError) -> (any Embedder)? {
    try ModelRegistry.embedder(spec, url: url, ModelSettings())
  }
}

/// Which embedder a node has: `none`, `static:FILE` or `openai:MODEL`.
enum EmbedderSpec: Sendable, Equatable {
  case none
  /// A table of token embeddings (safetensors), and the tokenizer's file when it is named behind a comma.
  case table(path: String, tokenizer: String?)
  case openAI(String)

  /// - Throws: `usage`, with the specs there are.
  init(parsing text: String) throws(WireError) {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    let rest = parts.count == 2 ? String(parts[1]) : ""
    switch (parts.first, parts.count) {
    case ("none", 1): self = .none
    case ("static", 2) where !rest.isEmpty:
      let files = rest.split(separator: ",", maxSplits: 1).map { String($0) }
      self = .table(path: files[0], tokenizer: files.count > 1 ? files[1] : nil)
    case ("openai", 2) where !rest.isEmpty && rest.utf8.count <= Limits.nameBytes - 16: self = .openAI(rest)
    default:
      throw WireError(
        .usage, "The embedder '\(text.prefix(80))' is not known.", hint: "Use none, static:FILE or openai:MODEL.")
    }
  }
}
