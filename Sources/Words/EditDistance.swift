/// How many slips of the pen lie between two words.
public enum EditDistance {
  /// Letters added, left out, changed, or two neighbours swapped (F. J. Damerau, 1964, in the restricted form in which no letter
  /// is edited twice, "optimal string alignment").
  /// - Parameter limit: what counts; more is told as nil.
  public static func damerau<Letter: Equatable>(_ a: [Letter], _ b: [Letter], limit: Int) -> Int? {
    guard abs(a.count - b.count) <= limit else { return nil }
    guard !a.isEmpty, !b.isEmpty else { return max(a.count, b.count) }
    var beforeLast = [Int](repeating: 0, count: b.count + 1)
    var last = Array(0...b.count)
    var current = last
    for i in 1...a.count {
      current[0] = i
      var least = i
      for j in 1...b.count {
        let same = a[i - 1] == b[j - 1]
        var cost = min(last[j] + 1, current[j - 1] + 1, last[j - 1] + (same ? 0 : 1))
        if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] { cost = min(cost, beforeLast[j - 2] + 1) }
        current[j] = cost
        least = min(least, cost)
      }
      if least > limit { return nil }
      (beforeLast, last, current) = (last, current, beforeLast)
    }
    return last[b.count] <= limit ? last[b.count] : nil
  }

  /// What one slip makes of a word in the letters a to z: one left out, two neighbours swapped, one changed, one added.
  public static func oneSlipAway(from word: String) -> [String] {
    let letters = Array(word)
    let alphabet = "abcdefghijklmnopqrstuvwxyz"
    var words: [String] = []
    for place in 0...letters.count {
      let (before, after) = (letters[..<place], letters[place...])
      for letter in alphabet { words.append(String(before + [letter] + after)) }
      guard let first = after.first else { continue }
      words.append(String(before + after.dropFirst()))
      for letter in alphabet where letter != first { words.append(String(before + [letter] + after.dropFirst())) }
      if let second = after.dropFirst().first, second != first {
        words.append(String(before + [second, first] + after.dropFirst(2)))
      }
    }
    return words
  }
}
