/// Finds the names that somebody may have meant.
enum NearestNames {
  /// ` Did you mean 'carrier' or 'tailnum'?`, or nothing when no name is near.
  static func hint(for name: String, among names: [String]) -> String {
    let near = nearest(to: name, among: names).map { "'\($0)'" }
    guard let last = near.last else { return "" }
    return " Did you mean " + (near.count == 1 ? last : near.dropLast().joined(separator: ", ") + " or " + last) + "?"
  }

  /// At most three names, the nearest first: by edit distance, or because one name contains the other.
  static func nearest(to name: String, among names: [String]) -> [String] {
    let wanted = Array(name.lowercased().unicodeScalars.prefix(64))
    guard !wanted.isEmpty else { return [] }
    let most = max(1, wanted.count / 3)
    var seen: Set<String> = []
    let scored = names.filter { seen.insert($0).inserted }.compactMap { candidate -> (distance: Int, name: String)? in
      let other = Array(candidate.lowercased().unicodeScalars.prefix(64))
      let distance = distance(wanted, other)
      if distance <= most { return (distance, candidate) }
      let (short, long) = wanted.count < other.count ? (wanted, other) : (other, wanted)
      return short.count >= 3 && long.contains(short) ? (most + 1, candidate) : nil
    }
    return scored.sorted { ($0.distance, $0.name) < ($1.distance, $1.name) }.prefix(3).map(\.name)
  }

  /// Edits (insert, delete, replace, swap of neighbours) that turn `a` into `b`: the optimal string alignment variant of
  /// Damerau's distance (F. J. Damerau, 1964), with three rows of the table kept.
  static func distance(_ a: [Unicode.Scalar], _ b: [Unicode.Scalar]) -> Int {
    guard !a.isEmpty, !b.isEmpty else { return max(a.count, b.count) }
    var beforeLast = [Int](repeating: 0, count: b.count + 1)
    var last = Array(0...b.count)
    for i in 1...a.count {
      var row = [i] + [Int](repeating: 0, count: b.count)
      for j in 1...b.count {
        let cost = a[i - 1] == b[j - 1] ? 0 : 1
        row[j] = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + cost)
        if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] { row[j] = min(row[j], beforeLast[j - 2] + 1) }
      }
      (beforeLast, last) = (last, row)
    }
    return last[b.count]
  }
}
