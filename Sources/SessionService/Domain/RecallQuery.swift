/// The words that a search is for. What a user wrote never reaches the search engine itself: only runs of letters and digits
/// do, each in quotes, so that no character of it can be an operator.
struct RecallQuery: Sendable, Equatable {
  static let maxWords = 32

  /// Lowercase, each once, in the order they were written.
  let words: [String]

  init(_ text: String) {
    var seen: Set<String> = []
    var words: [String] = []
    for run in text.lowercased().split(whereSeparator: { !$0.isLetter && !$0.isNumber }) {
      let word = String(run)
      if seen.insert(word).inserted { words.append(word) }
    }
    let meaningful = words.filter { !Self.stopWords.contains($0) }
    self.words = Array((meaningful.isEmpty ? words : meaningful).prefix(Self.maxWords))
  }

  /// Words so common that they cost much and tell little.
  private static let stopWords: Set<String> = [
    "a", "an", "and", "are", "as", "at", "be", "by", "can", "did", "do", "does", "for", "from", "had", "has", "have", "how",
    "i", "in", "is", "it", "its", "me", "my", "of", "on", "or", "our", "that", "the", "their", "this", "to", "was", "we",
    "were", "what", "when", "where", "which", "who", "why", "will", "with", "you", "your",
  ]
}
