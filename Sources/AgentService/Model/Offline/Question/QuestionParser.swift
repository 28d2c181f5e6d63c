extension Analyst {
  /// A pass over the question's words that sorts them into the parts of a ``Draft``.
  struct QuestionParser {
    private enum Item {
      case mark(Mark, [Token])
      case plain(Token)
    }

    private enum Role { case mention, measure, group, subject, missing, without, value }

    private var items: [Item] = []
    private var draft = Draft()
    private var role = Role.mention
    private var phrase = Phrase(tokens: [])
    /// The last phrase that was put away: `delay` in "delay of more than 60".
    private var previous = Phrase(tokens: [])
    private var isInWhere = false
    private var isNegated = false
    private var pending: Draft.Condition?
    private var index = 0
    /// `top 5 X by Y`: what stands after `by` is the measure.
    private var isRanking = false

    static func parse(_ question: String) -> Draft {
      var parser = QuestionParser()
      parser.items = markup(Tokenizer.tokens(of: question))
      return parser.run()
    }

    /// The longest phrases of the lexicon first.
    private static func markup(_ tokens: [Token]) -> [Item] {
      var items: [Item] = []
      var start = 0
      while start < tokens.count {
        let token = tokens[start]
        guard token.kind == .word || token.kind == .symbol else {
          items.append(.plain(token))
          start += 1
          continue
        }
        var length = min(Lexicon.longestPhrase, tokens.count - start)
        var found: Mark?
        while length > 0 {
          let span = tokens[start..<(start + length)]
          if span.allSatisfy({ $0.kind == .word || $0.kind == .symbol }) {
            found = Lexicon.mark(span.map(\.folded).joined(separator: " "))
          }
          if found != nil { break }
          length -= 1
        }
        if let found {
          items.append(.mark(found, Array(tokens[start..<(start + length)])))
        } else {
          items.append(.plain(token))
        }
        start += max(length, 1)
      }
      return items
    }

    private mutating func run() -> Draft {
      while index < items.count {
        let item = items[index]
        index += 1
        switch item {
        case .mark(let mark, let tokens): take(mark, tokens)
        case .plain(let token): take(token)
        }
      }
      if pending != nil { finishCondition() } else { flush() }
      if isRanking, draft.measure == nil, draft.aggregate == nil, !draft.countsRows, draft.groups.count == 1,
        case .phrase(let ranked)? = draft.groups.first
      {
        draft.measure = ranked
        draft.groups = []
      }
      nameSubject()
      return draft
    }

    /// "customer with the most orders": what the superlative is asked of stands before it.
    private mutating func nameSubject() {
      guard draft.superlative != nil, draft.subject == nil, draft.groups.isEmpty, let first = draft.mentions.first,
        first.preposition == nil, draft.measure != nil || draft.countsRows, draft.measure != first
      else { return }
      draft.mentions.removeFirst()
      if first.tokens.count == 1, case .period(let period)? = Lexicon.mark(first.tokens[0].folded) {
        draft.subject = .period(period, Phrase(tokens: []))
      } else {
        draft.subject = .phrase(first)
      }
    }

    // MARK: Words

    private mutating func take(_ token: Token) {
      switch token.kind {
      case .number(let value): take(value, token)
      case .date: take(.date(token.text), token)
      case .quoted, .word, .symbol: phrase.tokens.append(token)
      }
    }

    private mutating func take(_ value: Double, _ token: Token) {
      if pending != nil { return take(.number(value), token) }
      let whole = Int(exactly: value)
      let isYear = token.text.count == 4 && whole.map { (1800...2199).contains($0) } ?? false
      if isYear, let whole, phrase.isEmpty || !isColumnNumber {
        draft.years.append(whole)
        return
      }
      if !phrase.isEmpty, isColumnNumber {
        // "month 3", "flight 1545": the word before it is the column.
        guard let last = phrase.tokens.popLast() else { return }
        draft.conditions.append(
          Draft.Condition(subject: Phrase(tokens: [last]), comparison: .equal, literal: .number(value)))
        return
      }
      if let whole, (1...1_000).contains(whole), draft.limit == nil, wordsFollow {
        draft.limit = whole
      } else {
        phrase.tokens.append(token)
      }
    }

    private var isColumnNumber: Bool { phrase.tokens.last.map { $0.kind == .word && !$0.isCapitalised } ?? false }

    /// A noun or an adjective comes next, so that a number before it is how many of it are wanted.
    private var wordsFollow: Bool {
      guard index < items.count else { return role == .subject || draft.superlative != nil }
      switch items[index] {
      case .plain(let token): return token.kind == .word
      case .mark(let mark, _):
        switch mark {
        case .superlative, .period, .aggregate: return true
        default: return role == .subject
        }
      }
    }

    private mutating func take(_ literal: Literal, _ token: Token) {
      guard var condition = pending else {
        if case .date(let day) = literal {
          draft.conditions.append(Draft.Condition(subject: Phrase(tokens: []), comparison: .equal, literal: .date(day)))
        }
        return
      }
      if condition.upper == .words(Phrase(tokens: [])) {
        if condition.literal == .words(Phrase(tokens: [])) {
          condition.literal = literal
          pending = condition
          return
        }
        condition.upper = literal
      } else {
        condition.literal = literal
      }
      draft.conditions.append(condition)
      pending = nil
      phrase = Phrase(tokens: [])
      skipUnit()
    }

    /// "60 minutes": the unit after a number names nothing, but says what kind of measure is meant.
    private mutating func skipUnit() {
      guard index < items.count, let condition = draft.conditions.indices.last else { return }
      let word: String
      switch items[index] {
      case .plain(let token): word = token.folded
      case .mark(.period, let tokens): word = tokens[0].folded
      default: return
      }
      guard let hints = Self.units[word] else { return }
      if draft.conditions[condition].hints.isEmpty { draft.conditions[condition].hints = hints }
      index += 1
    }

    private static let units: [String: [String]] = {
      let rows: [(String, [String])] = [
        ("minutes minute mins hours hour seconds second menit", ["duration", "delay", "time"]),
        ("miles mile km kilometers kilometres feet ft meters metres mil", ["distance", "length", "height", "altitude"]),
        ("dollars dollar usd euros euro eur", ["amount", "total", "price", "cost"]),
        ("years year", ["age"]), ("kg kilos pounds", ["weight"]), ("degrees", ["temperature"]),
        ("percent units days", []),
      ]
      var map: [String: [String]] = [:]
      for (words, hints) in rows { for word in words.split(separator: " ") { map[String(word)] = hints } }
      return map
    }()

    // MARK: Marks

    private mutating func take(_ mark: Mark, _ tokens: [Token]) {
      switch mark {
      case .count:
        begin(.measure)
        if draft.superlative == nil || draft.aggregate == nil { draft.countsRows = true }
      case .distinct: draft.isDistinct = true
      case .aggregate(let aggregate): takeAggregate(aggregate, tokens)
      case .superlative(let superlative):
        // "top 5 longest": the second word says more than the first.
        if draft.superlative == nil || (role == .subject && phrase.isEmpty) { draft.superlative = superlative }
        if isRanking, role == .subject, phrase.isEmpty, draft.subject == nil { return }
        if superlative.ranksNoun, draft.subject == nil, role != .subject { return begin(.subject) }
        begin(.measure)
      case .top(let descending):
        begin(.subject)
        isRanking = true
        if draft.superlative == nil { draft.superlative = Superlative(descending: descending) }
      case .group: begin(.group)
      case .which: takeWhich(tokens)
      case .comparison(let comparison, let hints): compare(comparison, hints: hints)
      case .between:
        compare(.atLeast, hints: [])
        pending?.upper = .words(Phrase(tokens: []))
      case .time(let comparison): compare(comparison, hints: ["date", "time"])
      case .period(let period): take(period, tokens)
      case .periodic(let period):
        draft.groups.append(.period(period, Phrase(tokens: [])))
      case .month(let month): takeMonth(month, tokens)
      case .preposition(let preposition):
        guard pending == nil else { return }
        if preposition == .of, phrase.isEmpty, role != .mention { return }
        begin(.mention, preposition)
      case .whereClause:
        begin(.mention)
        isInWhere = true
      case .copula:
        guard isInWhere, pending == nil, !phrase.isEmpty else { return }
        compare(isNegated ? .different : .equal, hints: [])
      case .not:
        isNegated = true
        if !phrase.isEmpty { begin(.mention) }
        phrase.isNegated = true
      case .missing: begin(.missing)
      case .without: begin(.without)
      case .or where role == .measure: break
      case .and, .or: takeConjunction()
      case .list: if phrase.isEmpty { draft.wantsList = true } else { phrase.tokens += tokens }
      case .schema:
        draft.wantsSchema = true
        begin(.mention)
      case .profile:
        draft.wantsProfile = true
        begin(.mention)
      case .stop: break
      case .unsupported(let what):
        draft.unsupported.append(what)
        guard ["medians", "variances"].contains(what) else { return }
        // The nearest thing to them is the mean.
        begin(.measure)
        if draft.aggregate == nil { draft.aggregate = .avg }
      }
    }

    /// "average total by month": a word that aggregates nothing is the name of a column.
    private mutating func takeAggregate(_ aggregate: Aggregate, _ tokens: [Token]) {
      if draft.aggregate != nil, !nounFollows {
        phrase.tokens += tokens
        return
      }
      begin(.measure)
      if draft.aggregate == nil || aggregate == .avg { draft.aggregate = aggregate }
    }

    private var nounFollows: Bool {
      var next = index
      while next < items.count {
        switch items[next] {
        case .plain(let token): return token.kind == .word || token.kind == .quoted
        case .mark(.stop, _), .mark(.preposition(.of), _), .mark(.distinct, _): next += 1
        case .mark(.count, _), .mark(.aggregate, _): return true
        default: return false
        }
      }
      return false
    }

    private mutating func takeWhich(_ tokens: [Token]) {
      // "maskapai mana": the noun stands before it.
      if ["mana", "apa"].contains(tokens[0].folded), !phrase.isEmpty, draft.subject == nil {
        draft.subject = .phrase(phrase)
        phrase = Phrase(tokens: [])
      } else {
        begin(.subject)
      }
      draft.asksWhich = true
      draft.isPerson = ["who", "whose", "siapa"].contains(tokens[0].folded)
    }

    private mutating func take(_ period: Period, _ tokens: [Token]) {
      switch role {
      case .group:
        draft.groups.append(.period(period, phrase))
        previous = phrase
        phrase = Phrase(tokens: [])
      case .subject where draft.subject == nil:
        draft.subject = .period(period, phrase)
        phrase = Phrase(tokens: [])
        role = .mention
      default: phrase.tokens += tokens
      }
    }

    private mutating func takeMonth(_ month: Int, _ tokens: [Token]) {
      let isWord = ["may", "march", "mar", "dec", "jan", "sep"].contains(tokens[0].folded)
      if isWord, !tokens[0].isCapitalised, phrase.preposition != .place, pending == nil, draft.months.isEmpty { return }
      if pending != nil {
        phrase.tokens += tokens
        return
      }
      draft.months.append(month)
    }

    private mutating func takeConjunction() {
      if pending?.upper != nil { return }
      let wasGroup = role == .group || (role == .subject && draft.superlative == nil && !draft.asksWhich)
      let preposition = phrase.preposition
      if pending != nil { finishCondition() } else { flush() }
      role = wasGroup ? .group : .mention
      phrase = Phrase(tokens: [], preposition: preposition)
    }

    private mutating func compare(_ comparison: Comparison, hints: [String]) {
      finishCondition()
      var subject = phrase
      if subject.isEmpty { subject = previous }
      let isHinted = !hints.isEmpty
      if role == .mention || role == .value || role == .without || role == .missing {
        phrase = Phrase(tokens: [])
      } else {
        flush()
      }
      pending = Draft.Condition(
        subject: isHinted ? Phrase(tokens: []) : subject, comparison: comparison,
        literal: .words(Phrase(tokens: [])), hints: hints)
      if isHinted, draft.measure != subject, !subject.isEmpty { draft.mentions.append(subject) }
      isNegated = false
      role = .value
      phrase = Phrase(tokens: [])
    }

    /// Ends a comparison whose other side is words.
    private mutating func finishCondition() {
      guard var condition = pending else { return }
      pending = nil
      defer { phrase = Phrase(tokens: []) }
      guard !phrase.isEmpty else {
        if !condition.subject.isEmpty { draft.mentions.append(condition.subject) }
        return
      }
      condition.literal = .words(phrase)
      condition.upper = nil
      draft.conditions.append(condition)
    }

    // MARK: Phrases

    private mutating func begin(_ next: Role, _ preposition: Preposition? = nil) {
      if pending != nil { finishCondition() } else { flush() }
      role = next
      phrase = Phrase(tokens: [], preposition: preposition, isNegated: isNegated)
      if next != .mention || preposition != nil { isNegated = false }
    }

    private mutating func flush() {
      guard !phrase.isEmpty else { return }
      let done = phrase
      phrase = Phrase(tokens: [])
      previous = done
      switch role {
      case .measure:
        if draft.measure == nil { draft.measure = done } else { draft.mentions.append(done) }
      case .group: draft.groups.append(.phrase(done))
      case .subject:
        if draft.subject == nil { draft.subject = .phrase(done) } else { draft.mentions.append(done) }
      case .missing: draft.missing.append(done)
      case .without: draft.without.append(done)
      case .value where !draft.conditions.isEmpty: draft.conditions[draft.conditions.count - 1].trailing = done
      case .mention, .value: draft.mentions.append(done)
      }
      role = .mention
    }
  }
}
