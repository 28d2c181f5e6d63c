import Words

extension Analyst.Resolver {
  typealias Grouping = Analyst.Grouping
  typealias Period = Analyst.Period

  mutating func resolveGroups(countsRows: Bool) {
    for group in draft.groups {
      switch group {
      case .period(let period, let phrase): addPeriod(period, phrase)
      case .phrase(let phrase): addGroup(phrase)
      }
    }
    switch draft.subject {
    case .period(let period, let phrase)?: addPeriod(period, phrase)
    case .phrase(let phrase)?: addSubject(phrase, countsRows: countsRows)
    case nil: break
    }
  }

  /// `which airline`, `top 5 products`: a group, unless it is the fact table itself, whose rows are then wanted.
  private mutating func addSubject(_ phrase: Phrase, countsRows: Bool) {
    let words = phrase.tokens.map(\.folded)
    let own = tables(words).first { $0.path.isEmpty }
    let reached = tables(words).first { !$0.path.isEmpty }
    if let own, own.score >= (reached?.score ?? 0), own.score >= (columns(words).first?.score ?? 0) {
      // The busiest airport is not found by counting airports.
      score += countsRows && draft.superlative != nil ? -own.score * Points.group : own.score * Points.group
      leftover(phrase, without: own.used)
      return
    }
    // "which carriers' flights": "top 5 products by price" has its measure in the group's place.
    addGroup(phrase)
  }

  private mutating func addGroup(_ phrase: Phrase) {
    let words = phrase.tokens.map(\.folded)
    if let (lesson, index) = lesson(phrase) {
      if let operand = operand(lesson) {
        cite(lesson)
        score += Points.group * 1.5
        leftover(phrase, without: [index])
        append(grouping(operand, label: lesson.word))
        return
      }
      if case .table(let target) = lesson.meaning, let path = paths.first(where: { table(at: $0) == target }), !path.isEmpty {
        cite(lesson)
        score += Points.group * 1.5
        leftover(phrase, without: [index])
        append(grouping(toTable: path))
        return
      }
    }
    if value(phrase.text, .from)?.0.isExact ?? false {
      // "flights by Blue Bird Lines": by whom, not by what.
      return explain(phrase.tokens, phrase)
    }
    let columnHits = columns(words, preposition: phrase.preposition)
    let tableHits = tables(words, preposition: phrase.preposition).filter { !$0.path.isEmpty || ownGroup != nil }
    let column = columnHits.first
    guard column != nil || !tableHits.isEmpty else {
      missing.append("'\(phrase.text)'")
      return
    }
    if let table = tableHits.first, table.score >= (column?.score ?? 0) - 0.05 {
      score += table.score * Points.group
      let rivals = tableHits.filter {
        $0.path.last?.to == table.path.last?.to && $0.path != table.path && $0.score >= table.score - 0.01
      }
      if let rival = rivals.first?.path.first, let used = table.path.first {
        note("Took \(phrase.text) through \(schema.name(used.from)); \(schema.name(rival.from)) leads there too.")
      }
      leftover(phrase, without: table.used)
      append(table.path.isEmpty ? ownGroup : grouping(toTable: table.path))
      return
    }
    guard let column else { return }
    score += column.score * Points.group
    noteRivals(of: column, among: columnHits, phrase.text)
    leftover(phrase, without: column.used)
    append(grouping(column.operand, label: schema.column(column.ref).name))
  }

  private mutating func append(_ grouping: Grouping?) {
    guard let grouping, !query.groups.contains(grouping) else { return }
    query.groups.append(grouping)
  }

  /// The fact table's own rows, by what names them.
  private var ownGroup: Grouping? {
    guard let name = schema.displayColumns(of: fact).first else { return nil }
    let ref = Analyst.ColumnRef(table: fact, column: name)
    return Grouping(key: .column(path: [], ref: ref), label: schema.column(ref).name)
  }

  /// By the key that refers to a table, shown with the name that the table has for it.
  private func grouping(toTable path: [Analyst.Relation]) -> Grouping? {
    guard let last = path.last else { return nil }
    return grouping(.column(path: Array(path.dropLast()), ref: last.from), label: schema.column(last.from).name)
  }

  private func grouping(_ operand: Operand, label: String) -> Grouping {
    var grouping = Grouping(key: operand, label: label)
    guard case .column(let path, let ref) = operand, let relation = schema.relation(from: ref) else { return grouping }
    let target = relation.to.table
    grouping.display = schema.displayColumns(of: target).map {
      .column(path: path + [relation], ref: Analyst.ColumnRef(table: target, column: $0))
    }
    let singular = schema.tables[target].words.last.map(Fold.stem) ?? schema.tables[target].name
    grouping.displayLabel = Fold.stem(label.lowercased()) == singular ? "name" : singular
    return grouping
  }

  // MARK: Calendar

  private mutating func addPeriod(_ period: Period, _ phrase: Phrase) {
    guard let grouping = calendar(period, phrase) else {
      missing.append("a date to group by \(period.rawValue)")
      return
    }
    append(grouping)
  }

  private mutating func calendar(_ period: Period, _ phrase: Phrase) -> Grouping? {
    let own = calendarColumns
    let named = phrase.tokens.map(\.folded)
    if let column = columns(named + [period.rawValue], ownOnly: true, where: { $0.kind != .date }).first, column.score > 0.99 {
      if period != .day || own.day == nil || own.month == nil || own.year == nil {
        score += Points.group
        return Grouping(key: column.operand, label: schema.column(column.ref).name)
      }
    }
    if [.day, .week, .weekday].contains(period), let year = own.year, let month = own.month, let day = own.day, phrase.isEmpty {
      score += Points.group * 0.9
      let key = Operand.calendarDay(year: year, month: month, day: day)
      return Grouping(key: key, period: period, label: period.rawValue)
    }
    guard let date = date(named) else { return nil }
    score += Points.group * 0.9 + Points.hop * Double(date.hops)
    return Grouping(key: date.operand, period: period, label: period.rawValue)
  }

  /// The fact table's whole-number columns that are called `year`, `month` and `day`.
  private var calendarColumns: (year: Analyst.ColumnRef?, month: Analyst.ColumnRef?, day: Analyst.ColumnRef?) {
    func find(_ word: String) -> Analyst.ColumnRef? {
      schema.tables[fact].columns.firstIndex { $0.words == [word] && $0.kind == .integer }
        .map { Analyst.ColumnRef(table: fact, column: $0) }
    }
    return (find("year"), find("month"), find("day"))
  }

  /// The date column that the words name, else the first that is near; says when there are others.
  mutating func date(_ words: [String]) -> ColumnHit? {
    let isDate: (Column) -> Bool = { $0.kind == .date }
    // Without a word for it, the nearest date is meant, not the one that happens to be called so.
    var hits = columns(words.isEmpty ? ["date"] : words, ownOnly: words.isEmpty, where: isDate)
    if hits.isEmpty {
      hits = paths.flatMap { path -> [ColumnHit] in
        let table = table(at: path)
        return schema.tables[table].columns.indices.filter { isDate(schema.tables[table].columns[$0]) }.map {
          let ref = Analyst.ColumnRef(table: table, column: $0)
          return ColumnHit(
            operand: .column(path: path, ref: ref), ref: ref, score: 0.5 + Points.hop * Double(path.count), used: [],
            hops: path.count)
        }
      }
    }
    guard let best = hits.first else { return nil }
    let others = paths.filter { $0.count <= best.hops }.flatMap { path -> [Analyst.ColumnRef] in
      let table = table(at: path)
      return schema.tables[table].columns.indices.filter { isDate(schema.tables[table].columns[$0]) }
        .map { Analyst.ColumnRef(table: table, column: $0) }
    }.filter { $0 != best.ref }
    if let other = others.first { note("Dates are those of \(schema.name(best.ref)); there is also \(schema.name(other)).") }
    return best
  }

  /// The operand and kind of a filter by year or month.
  mutating func calendarOperand(_ word: String) -> (Operand, isDate: Bool)? {
    if let own = columns([word], ownOnly: true, where: { $0.kind == .integer && $0.words == [word] }).first {
      return (own.operand, false)
    }
    if let date = date([]) { return (date.operand, true) }
    guard let near = columns([word], where: { $0.kind == .integer && $0.words == [word] }).first else { return nil }
    return (near.operand, false)
  }
}
