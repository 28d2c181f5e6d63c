import Glibc
import Wire

/// How well a memory answers a search: by its words, moderated by its importance and by how fresh it is.
enum RecallScore {
  static let importanceShare = 0.3
  static let recencyShare = 0.15
  /// After this long without change, recency counts half.
  static let halfLifeMs = 30.0 * 24 * 3_600_000

  /// 0.7...1
  static func importanceFactor(_ importance: Double) -> Double { 1 - importanceShare + importanceShare * importance }

  /// 0.85...1
  static func recencyFactor(updatedAt: Timestamp, now: Timestamp) -> Double {
    let ageMs = max(0, Double(now.microseconds) - Double(updatedAt.microseconds)) / 1_000
    return 1 - recencyShare + recencyShare * exp2(-ageMs / halfLifeMs)
  }
}

/// Okapi BM25 (S. Robertson, S. Walker, S. Jones, M. Hancock-Beaulieu, M. Gatford, "Okapi at TREC-3", 1994), with the idf that is
/// never negative.
struct BM25: Sendable {
  static let k1 = 1.2
  static let b = 0.75

  /// Of all documents in sight.
  let documents: Int
  /// Their mean length, in the same unit as the lengths that are scored.
  let averageLength: Double

  func idf(documentsWith count: Int) -> Double {
    log(1 + (Double(max(0, documents - count)) + 0.5) / (Double(count) + 0.5))
  }

  func score(idf: Double, frequency: Double, length: Double) -> Double {
    let norm = 1 - Self.b + Self.b * length / max(1, averageLength)
    return idf * frequency * (Self.k1 + 1) / (frequency + Self.k1 * norm)
  }
}
