import Wire

/// Which model a node uses: `offline`, `openai:MODEL` or `anthropic:MODEL`.
enum ModelSpec: Sendable, Equatable {
  case offline
  case openAI(String)
  case anthropic(String)

  /// - Throws: `usage`, with the specs there are.
  init(parsing text: String) throws(WireError) {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    let model = parts.count == 2 ? String(parts[1]) : ""
    let isNamed = !model.isEmpty && model.utf8.count <= Limits.nameBytes - 16
    switch (parts.first, parts.count) {
    case ("offline", 1): self = .offline
    case ("openai", 2) where isNamed: self = .openAI(model)
    case ("anthropic", 2) where isNamed: self = .anthropic(model)
    default:
      throw WireError(
        .usage, "The model '\(text.prefix(80))' is not known.",
        hint: "Use offline, openai:MODEL or anthropic:MODEL, with --model-url for a server of your own.")
    }
  }
}
