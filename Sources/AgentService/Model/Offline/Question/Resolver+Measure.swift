import Words

extension Analyst.Resolver {
  typealias Operand = Analyst.Operand
  typealias Aggregate = Analyst.Aggregate
  typealias Phrase = Analyst.Phrase
  typealias Column = Analyst.Column

  /// What is counted or computed, before it is known what it is grouped by.
  enum Found {
    case rows
    /// Of a kind of thing that the fact table refers to.
    case distinct(Operand, label: String)
    case column(Operand, label: String, text: String)
  }

  mutating func resolveMeasure() -> Found? {
    if draft.countsRows { return resolveCount() }
    if let phrase = draft.measure { return resolveMeasured(phrase) }
    let hints = draft.superlative?.hints ?? []
    if let hinted = column(hinted: hints) { return hinted }
    if draft.aggregate == .sum, draft.superlative == nil || draft.superlative?.counts == true {
      if let money = column(hinted: ["amount", "total", "revenue", "sales"]) ?? product() { return money }
    }
    if draft.aggregate != nil || draft.superlative?.counts == false, let named = mentionedColumn() { return named }
    if let superlative = draft.superlative {
      if superlative.counts || draft.limit != nil && hints.isEmpty { return .rows }
      if !hints.isEmpty || superlative.isJudgement || draft.aggregate != nil { missing.append("what to measure") }
      return nil
    }
    if draft.aggregate != nil { missing.append("what to compute the \(draft.aggregate == .avg ? "average" : "total") of") }
    return nil
  }

  private mutating func resolveCount() -> Found {
    guard let phrase = draft.measure else { return .rows }
    let words = phrase.tokens.map(\.folded)
    if let (lesson, index) = lesson(phrase) {
      if case .table(let table) = lesson.meaning, table == fact {
        cite(lesson)
        score += Points.measure * 1.5
        leftover(phrase, without: [index])
        return .rows
      }
    }
    let tables = tables(words)
    let best = tables.first
    if let own = tables.first(where: { $0.path.isEmpty }), own.score >= (best?.score ?? 0) - 0.2, !draft.isDistinct {
      score += own.score * Points.measure
      leftover(phrase, without: own.used)
      return .rows
    }
    let column = columns(words, ownOnly: true).first
    if let best, !best.path.isEmpty, let key = best.path.last, best.score >= (column?.score ?? 0) - 0.3 {
      score += best.score * Points.measure - 0.4
      leftover(phrase, without: best.used)
      return .distinct(.column(path: Array(best.path.dropLast()), ref: key.from), label: schema.tables[table(at: best.path)].name)
    }
    if let column {
      score += column.score * Points.measure - 0.3
      leftover(phrase, without: column.used)
      return .distinct(column.operand, label: schema.column(column.ref).name)
    }
    if let own = tables.first(where: { $0.path.isEmpty }) {
      score += own.score * Points.measure
      leftover(phrase, without: own.used)
      return .rows
    }
    missing.append("'\(phrase.text)'")
    return .rows
  }

  private mutating func resolveMeasured(_ phrase: Phrase) -> Found? {
    let words = phrase.tokens.map(\.folded)
    if let (lesson, index) = lesson(phrase), let operand = operand(lesson) {
      cite(lesson)
      score += Points.measure * 1.5
      leftover(phrase, without: [index])
      return .column(operand, label: lesson.word, text: lesson.word)
    }
    let wantsDate = draft.superlative?.hints.contains("date") ?? false
    let numeric = columns(words, ownOnly: true) { $0.isNumeric && !$0.looksLikeKey || wantsDate && $0.kind == .date }
    let own = tables(words).first { $0.path.isEmpty }
    let column = numeric.first
    if let own, own.score > (column?.score ?? 0) {
      // "longest flight", "most orders", "total orders": the rows themselves, or what the adjective says of them.
      score += own.score * Points.measure
      leftover(phrase, without: own.used)
      if let hinted = self.column(hinted: draft.superlative?.hints ?? []) { return hinted }
      if draft.aggregate == .sum || draft.superlative?.counts == true || draft.superlative == nil { return .rows }
      if let named = mentionedColumn() { return named }
      missing.append("what to measure of '\(phrase.text)'")
      return nil
    }
    if let column {
      score += column.score * Points.measure
      noteRivals(of: column, among: numeric, phrase.text)
      leftover(phrase, without: column.used)
      return .column(column.operand, label: schema.column(column.ref).name, text: phrase.text)
    }
    if words.contains(where: { ["revenue", "sale", "turnover", "income"].contains(Fold.stem($0)) }),
      let money = self.column(hinted: ["amount", "total"]) ?? product()
    {
      score += Points.measure * 0.7
      return money
    }
    if draft.superlative?.counts ?? false || draft.aggregate == nil {
      // "the most airlines": as many different ones.
      if let other = tables(words).first, let key = other.path.last {
        score += other.score * Points.measure - 0.4
        leftover(phrase, without: other.used)
        return .distinct(
          .column(path: Array(other.path.dropLast()), ref: key.from), label: schema.tables[table(at: other.path)].name)
      }
    }
    missing.append("'\(phrase.text)'")
    return nil
  }

  /// The fact table's column for the first hint that fits, though the question does not name it.
  private mutating func column(hinted hints: [String]) -> Found? {
    for hint in hints {
      let isTime = ["date", "time", "year"].contains(hint)
      let hits = columns([hint], ownOnly: true) {
        ($0.isNumeric && !$0.looksLikeKey && (!isTime || hint == "year" || !hints.contains("date")))
          || (isTime && $0.kind == .date)
      }
      guard let hit = hits.first else { continue }
      score += Points.measure * 0.3
      let name = schema.column(hit.ref).name
      note("The question does not say what to measure; used \(schema.name(hit.ref)).")
      return .column(hit.operand, label: name, text: name)
    }
    return nil
  }

  private mutating func mentionedColumn() -> Found? {
    let subject: [Phrase] = if case .phrase(let phrase)? = draft.subject { [phrase] } else { [] }
    for phrase in draft.mentions + subject {
      let words = phrase.tokens.map(\.folded)
      let hits = columns(words, ownOnly: true) { $0.isNumeric && !$0.looksLikeKey }
      guard let hit = hits.first, hit.score >= 0.6 else { continue }
      score += hit.score * Points.measure
      return .column(hit.operand, label: schema.column(hit.ref).name, text: phrase.text)
    }
    return nil
  }

  /// Quantity times price, where no column holds the amount.
  private mutating func product() -> Found? {
    let wanted: (Column) -> Bool = { $0.isNumeric && !$0.looksLikeKey }
    guard let quantity = columns(["quantity"], ownOnly: true, where: wanted).first(where: { $0.score >= 0.9 }),
      let price = columns(["price"], ownOnly: true, where: wanted).first(where: { $0.score >= 0.6 && $0.ref != quantity.ref })
    else { return nil }
    score += Points.measure * 0.4
    let name = "\(schema.column(quantity.ref).name) × \(schema.column(price.ref).name)"
    note("No column holds the amount; computed it as \(name).")
    return .column(.product(quantity.ref, price.ref), label: "revenue", text: "revenue")
  }
}
