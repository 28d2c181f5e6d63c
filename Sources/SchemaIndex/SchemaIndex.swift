import Glibc
public import Wire
import Words

/// Finds the tables of a scanned schema that a question is about.
///
/// Each table is a document of words: its name, its comment, its columns' names and comments, and their values. Ranking is BM25F
/// (S. Robertson, H. Zaragoza, M. Taylor, "Simple BM25 extension to multiple weighted fields", CIKM 2004): one saturation over
/// the weighted sum of the fields, so that a word in the table's name counts more than the same word among its values.
public struct SchemaIndex: Sendable {
  /// A table that was found.
  public struct Hit: Sendable, Equatable {
    /// Its place in the scan.
    public let table: Int
    /// Above 0; only to be compared with those of the same search.
    public let score: Double
  }

  private enum Weight {
    static let tableName = 4.0
    static let tableComment = 2.0
    static let columnName = 1.5
    static let columnComment = 1.0
    static let value = 0.75
  }

  /// BM25's saturation of repeated words.
  private static let k1 = 1.2
  /// BM25's normalisation by length; small, since a wide table is no worse an answer than a narrow one.
  private static let b = 0.3
  /// Of a name that only begins like the word, or the other way round.
  private static let prefixFactor = 0.4
  private static let prefixLetters = 4

  private let scan: SchemaScan
  /// The weighted number of each word's places, by table.
  private let postings: [String: [Int: Double]]
  private let lengths: [Double]
  private let averageLength: Double

  public init(_ scan: SchemaScan) {
    self.scan = scan
    var postings: [String: [Int: Double]] = [:]
    var lengths = Array(repeating: 0.0, count: scan.tables.count)
    for (index, table) in scan.tables.enumerated() {
      func add(_ text: String, _ weight: Double) {
        for word in Self.words(text) {
          postings[word, default: [:]][index, default: 0] += weight
          lengths[index] += weight
        }
      }
      add(table.name, Weight.tableName)
      add(table.comment, Weight.tableComment)
      for column in table.columns {
        add(column.name, Weight.columnName)
        add(column.comment, Weight.columnComment)
        for value in column.values { add(value, Weight.value) }
      }
    }
    (self.postings, self.lengths) = (postings, lengths)
    averageLength = max(1, lengths.reduce(0, +) / Double(max(1, lengths.count)))
  }

  /// The tables with words of `text`, the best first.
  /// - Parameter limit: at most so many; 0 or more.
  public func search(_ text: String, limit: Int) -> [Hit] {
    var scores: [Int: Double] = [:]
    var seen: Set<String> = []
    for word in Self.words(text) where !Self.stopWords.contains(word) && seen.insert(word).inserted {
      let found = places(of: word)
      guard !found.isEmpty else { continue }
      let rarity = Double(scan.tables.count - found.count) + 0.5
      let idf = log(1 + rarity / (Double(found.count) + 0.5))
      for (table, weight) in found {
        let length = 1 - Self.b + Self.b * lengths[table] / averageLength
        scores[table, default: 0] += idf * weight * (Self.k1 + 1) / (weight + Self.k1 * length)
      }
    }
    let hits = scores.map { Hit(table: $0.key, score: $0.value) }
    return Array(hits.sorted { ($1.score, $0.table) < ($0.score, $1.table) }.prefix(max(0, limit)))
  }

  /// Tables that join those of `tables` with each other: keys lead from one of them to another over exactly these.
  public func bridges(between tables: [Int]) -> [Int] {
    let neighbours = self.neighbours
    let wanted = Set(tables)
    var bridges: [Int] = []
    for (candidate, near) in neighbours.enumerated() where !wanted.contains(candidate) {
      let joined = near.intersection(wanted)
      // Two that are joined already need no bridge.
      let needs = joined.contains { one in joined.contains { other in other != one && !neighbours[one].contains(other) } }
      if needs { bridges.append(candidate) }
    }
    return bridges
  }

  private var neighbours: [Set<Int>] {
    let places = Dictionary(scan.tables.enumerated().map { ($1.name, $0) }) { first, _ in first }
    var neighbours = Array(repeating: Set<Int>(), count: scan.tables.count)
    for (index, table) in scan.tables.enumerated() {
      for key in table.keys {
        guard let other = places[key.table], other != index else { continue }
        neighbours[index].insert(other)
        neighbours[other].insert(index)
      }
    }
    return neighbours
  }

  private func places(of word: String) -> [Int: Double] {
    if let exact = postings[word] { return exact }
    // A part of a longer name or the other way round: `cust` and `customer`.
    guard word.count >= Self.prefixLetters else { return [:] }
    var found: [Int: Double] = [:]
    for (other, tables) in postings
    where other.count >= Self.prefixLetters && (other.hasPrefix(word) || word.hasPrefix(other)) {
      for (table, weight) in tables { found[table] = max(found[table] ?? 0, weight * Self.prefixFactor) }
    }
    return found
  }

  /// Words as they are compared.
  private static func words(_ text: String) -> [String] { Fold.words(ofName: text).map(Fold.stem) }
}
