import Wire

/// The documents with words of a query, by BM25.
struct LexicalSearch {
  struct Candidate {
    let seq: Int64
    let bm25: Double
    let words: [MatchedWord]
  }

  /// Postings that are read to find documents. The rarest words come first; the score of what they found counts the frequent ones too.
  static let postings = 4_000

  let words: [QueryWords.Word]
  let parts: [TermIndexRepository.Part]
  var narrowing = Narrowing.none
  let explains: Bool

  private struct Scored {
    let seq: Int64
    var score: Double
    let part: Int

    /// The better first; of equals the newer.
    static func comesFirst(_ a: Scored, _ b: Scored) -> Bool { a.score != b.score ? a.score > b.score : a.seq > b.seq }
  }

  func best(_ limit: Int, in transaction: any Transaction) throws(WireError) -> [Candidate] {
    let documents = parts.reduce(0) { $0 + $1.documents }
    let model = BM25(
      documents: documents, averageLength: Double(parts.reduce(0) { $0 + $1.length }) / 2 / Double(max(1, documents)))
    var (scored, rest): ([Scored], ArraySlice<QueryWords.Word>)
    if let members = narrowing.members {
      (scored, rest) = (try score(members, model, in: transaction), [])
    } else {
      (scored, rest) = try gather(model, in: transaction)
    }
    scored.sort(by: Scored.comesFirst)
    if !rest.isEmpty {
      // Those that the rare words found best get what the frequent ones are worth, too.
      var head = Array(scored.prefix(limit * Self.refined))
      let idfs = rest.map { model.idf(documentsWith: $0.documents) }
      for index in head.indices {
        for (word, idf) in zip(rest, idfs) {
          let posting = try TermIndexRepository.posting(
            of: word.term, parts[head[index].part], seq: head[index].seq, in: transaction)
          if let posting { head[index].score += model.score(posting, idf: idf) }
        }
      }
      head.sort(by: Scored.comesFirst)
      scored.replaceSubrange(0..<head.count, with: head)
    }
    var candidates: [Candidate] = []
    for entry in scored where candidates.count < limit {
      guard try narrowing.has(entry.seq, parts[entry.part], in: transaction) else { continue }
      let words = explains ? try matched(entry.seq, parts[entry.part], model, in: transaction) : []
      candidates.append(Candidate(seq: entry.seq, bm25: entry.score, words: words))
    }
    return candidates
  }

  /// For each candidate that is wanted, so many get the score of every word.
  private static let refined = 4

  /// The documents of the rarest words with their scores, and the words that are not counted in yet.
  private func gather(
    _ model: BM25, in transaction: any Transaction
  ) throws(WireError) -> ([Scored], rest: ArraySlice<QueryWords.Word>) {
    var scored: [Scored] = []
    var places: [Int64: Int] = [:]
    var left = Self.postings
    var read = 0
    for word in words {
      // A frequent word finds what matters only if there is no rarer one.
      guard left > 0, read == 0 || word.documents <= left else { break }
      let idf = model.idf(documentsWith: word.documents)
      for (index, part) in parts.enumerated() {
        for posting in try TermIndexRepository.postings(of: word.term, part, limit: max(0, left), in: transaction) {
          left -= 1
          let score = model.score(posting, idf: idf)
          if let place = places[posting.seq] {
            scored[place].score += score
          } else {
            places[posting.seq] = scored.count
            scored.append(Scored(seq: posting.seq, score: score, part: index))
          }
        }
      }
      read += 1
    }
    return (scored, words.dropFirst(read))
  }

  /// Few documents, each with the score of every word.
  private func score(
    _ members: [[Int64]], _ model: BM25, in transaction: any Transaction
  ) throws(WireError) -> [Scored] {
    var scores: [Int64: Scored] = [:]
    let total = members.reduce(0) { $0 + $1.count }
    for word in words {
      let idf = model.idf(documentsWith: word.documents)
      for (index, part) in parts.enumerated() where !members[index].isEmpty {
        var postings: [TermIndexRepository.Posting] = []
        if word.documents <= total * Self.lookupCost {
          let wanted = Set(members[index])
          postings = try TermIndexRepository.postings(of: word.term, part, limit: word.documents, in: transaction)
            .filter { wanted.contains($0.seq) }
        } else {
          for seq in members[index] {
            if let posting = try TermIndexRepository.posting(of: word.term, part, seq: seq, in: transaction) {
              postings.append(posting)
            }
          }
        }
        for posting in postings {
          scores[posting.seq, default: Scored(seq: posting.seq, score: 0, part: index)].score += model.score(posting, idf: idf)
        }
      }
    }
    return Array(scores.values)
  }

  /// Postings that can be read in the time that finding one takes.
  private static let lookupCost = 4

  private func matched(
    _ seq: Int64, _ part: TermIndexRepository.Part, _ model: BM25, in transaction: any Transaction
  ) throws(WireError) -> [MatchedWord] {
    var matched: [MatchedWord] = []
    for word in words {
      guard let posting = try TermIndexRepository.posting(of: word.term, part, seq: seq, in: transaction) else { continue }
      matched.append(
        .with {
          $0.term = word.term
          $0.correctedFrom = word.correctedFrom
          $0.documents = UInt64(word.documents)
          $0.frequency = Double(posting.weight) / 2
          $0.score = model.score(posting, idf: model.idf(documentsWith: word.documents))
        })
    }
    return matched
  }
}

/// Holds a search to a namespace and those below it.
struct Narrowing {
  /// Of so many documents or fewer each is looked at; of more, those that the words found.
  static let few = 1_000
  static let none = Narrowing(term: nil, members: nil)

  private let term: String?
  /// The documents of each part, when they are few.
  let members: [[Int64]]?

  private init(term: String?, members: [[Int64]]?) { (self.term, self.members) = (term, members) }

  init(to namespace: String, _ parts: [TermIndexRepository.Part], in transaction: any Transaction) throws(WireError) {
    guard !namespace.isEmpty else {
      self = .none
      return
    }
    let term = IndexedTerms.term(ofNamespace: namespace)
    var members: [[Int64]] = []
    for part in parts {
      let postings = try TermIndexRepository.postings(of: term, part, limit: Self.few + 1, in: transaction)
      members.append(postings.map(\.seq))
    }
    let isFew = members.reduce(0) { $0 + $1.count } <= Self.few
    self.init(term: term, members: isFew ? members : nil)
  }

  func has(_ seq: Int64, _ part: TermIndexRepository.Part, in transaction: any Transaction) throws(WireError) -> Bool {
    guard let term, members == nil else { return true }
    return try TermIndexRepository.posting(of: term, part, seq: seq, in: transaction) != nil
  }
}

extension BM25 {
  /// What a document's word is worth, whose counts are in halves.
  fileprivate func score(_ posting: TermIndexRepository.Posting, idf: Double) -> Double {
    score(idf: idf, frequency: Double(posting.weight) / 2, length: Double(posting.length) / 2)
  }
}
