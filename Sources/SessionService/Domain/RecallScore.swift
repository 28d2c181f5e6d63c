import Wire

/// How well a memory answers a search: mostly by its words, then by its importance and how fresh it is.
enum RecallScore {
  static let textWeight = 0.7
  static let importanceWeight = 0.2
  static let recencyWeight = 0.1
  /// After this long without use or change, recency counts half.
  static let halfLifeMs = 30.0 * 24 * 3_600_000

  /// - Parameters:
  ///   - relevance: of the words, 0 or more; higher is better.
  ///   - best: the highest relevance among the candidates; 0 when the search has no words.
  /// - Returns: 0...1.
  static func score(relevance: Double, best: Double, importance: Double, lastTouched: Timestamp, now: Timestamp) -> Double {
    let text = best > 0 ? min(1, max(0, relevance / best)) : 0
    let ageMs = max(0, Double(now.microseconds) - Double(lastTouched.microseconds)) / 1_000
    let recency = halfLifeMs / (halfLifeMs + ageMs)
    return textWeight * text + importanceWeight * importance + recencyWeight * recency
  }
}
