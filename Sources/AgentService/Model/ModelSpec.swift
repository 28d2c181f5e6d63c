import Wire

/// Which model a node uses: `offline`, `openai:MODEL` or `anthropic:MODEL`.
enum ModelSpec: Sendable, Equatable {
  case offline
  case openAI(String)

  /// - Throws: `usage`, with the specs there are.
  init(parsing text: String) throws(WireError) {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    let model = parts.count == 2 ? String(parts[1]) : ""
    switch (parts.first, parts.count) {
    case ("offline", 1): self = .offline
    case ("openai", 2) where !model.isEmpty && model.utf8.count <= Limits.nameBytes - 16: self = .openAI(model)
    case ("anthropic", 2):
      throw WireError(
        .usage, "The model '\(text.prefix(80))' is not supported yet.",
        hint: "Use openai:MODEL with --model-url, or offline.")
    default:
      throw WireError(
        .usage, "The model '\(text.prefix(80))' is not known.", hint: "Use offline, or openai:MODEL with --model-url.")
    }
  }
}
