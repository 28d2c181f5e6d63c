import Words

extension Analyst.Resolver {
  mutating func resolveShape(_ found: Found?) {
    switch found {
    case nil:
      query.shape = query.groups.isEmpty ? .rows(by: nil) : .aggregate(.rows)
      query.measureLabel = "rows"
    case .rows?:
      query.shape = .aggregate(.rows)
      query.measureLabel = "rows"
    case .distinct(let operand, let label)?:
      query.shape = .aggregate(.distinct(operand))
      query.measureLabel = label
    case .column(let operand, let label, let text)?:
      query.measureLabel = label
      resolveShape(operand, text)
    }
    guard let superlative = draft.superlative else { return }
    query.descending = superlative.descending
    if superlative.isJudgement {
      let words = Fold.words(ofName: query.measureLabel)
      let isBad = words.contains {
        ["delay", "cost", "error", "loss", "defect", "complaint", "wait", "debt", "late", "price", "return"].contains(
          Fold.stem($0))
      }
      // "worst" is the most of something bad and the least of anything else.
      query.descending = superlative.descending == isBad
      note("Read the judgement as the \(query.descending == true ? "highest" : "lowest") \(query.measureLabel).")
    }
  }

  private mutating func resolveShape(_ operand: Operand, _ text: String) {
    if draft.aggregate == nil, query.groups.isEmpty {
      guard let superlative = draft.superlative else {
        query.shape = .rows(by: nil)
        return
      }
      let namesRows =
        draft.subject != nil || draft.asksWhich && isOpen || draft.limit != nil || draft.measure.map { $0.text != text } ?? true
      if namesRows || isDate(operand) {
        query.shape = .rows(by: operand)
        if query.limit == nil { query.limit = isPlural ? 5 : 1 }
      } else {
        query.shape = .aggregate(.aggregate(superlative.descending ? .max : .min, operand))
      }
      return
    }
    let aggregate = draft.aggregate ?? impliedAggregate
    if draft.aggregate == nil {
      note("Took the \(Self.word(aggregate)) of \(query.measureLabel), as the question names no other way to sum it up.")
    }
    query.shape = .aggregate(.aggregate(aggregate, operand))
  }

  static func word(_ aggregate: Aggregate) -> String {
    switch aggregate {
    case .avg: "average"
    case .sum: "total"
    case .min: "lowest"
    case .max: "highest"
    case .count: "number"
    }
  }

  private var impliedAggregate: Aggregate {
    if Fold.words(ofName: query.measureLabel).contains(where: { ["revenue", "turnover", "sale", "sales"].contains($0) }) {
      return .sum
    }
    if let superlative = draft.superlative {
      let isTop = draft.limit != nil && superlative.hints.isEmpty
      if superlative.counts || isTop && isAdditive { return .sum }
      if superlative.isJudgement { return .avg }
      if !isTop { return superlative.descending ? .max : .min }
    }
    return isAdditive ? .sum : .avg
  }

  /// Amounts add up; delays, prices and temperatures do not.
  private var isAdditive: Bool {
    Fold.words(ofName: query.measureLabel).contains {
      ["amount", "total", "revenue", "sale", "quantity", "qty", "amt", "count", "income", "turnover", "number", "cost"]
        .contains(Fold.stem($0))
    }
  }

  /// "who", with no noun after it.
  private var isOpen: Bool { draft.subject == nil && draft.isPerson }

  private var isPlural: Bool {
    let phrase: Phrase? = if case .phrase(let phrase)? = draft.subject { phrase } else { draft.measure }
    return phrase?.tokens.last.map { Fold.stem($0.folded) != $0.folded } ?? false
  }

  private func isDate(_ operand: Operand) -> Bool {
    if case .column(_, let ref) = operand { schema.column(ref).kind == .date } else { false }
  }
}
