import Words

/// How alike two questions are: Dice's coefficient of their words (L. R. Dice, 1945), without stop words and endings.
enum QuestionSimilarity {
  /// From here on the SQL of one answers the other.
  static let same = 0.85

  /// 0...1; 1 for the same words in the same order. Questions with different numbers or names are never the same, however long they
  /// are: a year is all the difference.
  static func of(_ a: String, _ b: String) -> Double {
    let (first, second) = (SearchTerms.of(a), SearchTerms.of(b))
    if first.map(\.text) == second.map(\.text), !first.isEmpty { return 1 }
    let (one, other) = (Set(first.map(\.text)), Set(second.map(\.text)))
    guard !one.isEmpty, !other.isEmpty else { return Fold.fold(a) == Fold.fold(b) ? 1 : 0 }
    let common = one.intersection(other).count
    let dice = 2 * Double(common) / Double(one.count + other.count)
    let different = one.symmetricDifference(other)
    let differ = (first + second).contains { $0.kind != .word && different.contains($0.text) }
    return min(dice, differ ? same - 0.01 : 0.99)
  }
}
