import Wire
import Words

/// Finds the names that somebody may have meant.
enum NearestNames {
  /// ` Did you mean 'carrier' or 'tailnum'?`, or nothing when no name is near.
  static func hint(for name: String, among names: [String]) -> String {
    let near = nearest(to: name, among: names).map { "'\($0)'" }
    guard let last = near.last else { return "" }
    return " Did you mean " + (near.count == 1 ? last : near.dropLast().joined(separator: ", ") + " or " + last) + "?"
  }

  /// ` It is called "FullName" there: …` where PostgreSQL would find the name if it was quoted; else nil.
  static func quoting(_ name: String, among names: [String], _ dialect: Dialect) -> String? {
    guard dialect == .postgresql, !names.contains(name),
      let other = names.first(where: { $0.lowercased() == name.lowercased() })
    else { return nil }
    return " It is called \(SQLName.quoted(other)) there: write it in double quotes, or PostgreSQL takes it for lower case."
  }

  /// At most three names, the nearest first: by edit distance, or because one name contains the other.
  static func nearest(to name: String, among names: [String]) -> [String] {
    let wanted = Array(name.lowercased().unicodeScalars.prefix(64))
    guard !wanted.isEmpty else { return [] }
    let most = max(1, wanted.count / 3)
    var seen: Set<String> = []
    let scored = names.filter { seen.insert($0).inserted }.compactMap { candidate -> (distance: Int, name: String)? in
      let other = Array(candidate.lowercased().unicodeScalars.prefix(64))
      if let distance = EditDistance.damerau(wanted, other, limit: most) { return (distance, candidate) }
      let (short, long) = wanted.count < other.count ? (wanted, other) : (other, wanted)
      return short.count >= 3 && long.contains(short) ? (most + 1, candidate) : nil
    }
    return scored.sorted { ($0.distance, $0.name) < ($1.distance, $1.name) }.prefix(3).map(\.name)
  }
}
