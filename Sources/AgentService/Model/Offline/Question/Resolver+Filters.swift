import Words

extension Analyst.Resolver {
  typealias ValueMatch = Analyst.ValueMatch
  typealias Token = Analyst.Token

  mutating func resolveFilters() {
    for condition in draft.conditions { resolve(condition) }
    for phrase in draft.mentions { explain(phrase.tokens, phrase) }
    for year in draft.years { addCalendar("year", year, "year = \(year)") { operand in .year(operand, year) } }
    for month in draft.months { addCalendar("month", month, "month = \(month)") { operand in .month(operand, month) } }
    for phrase in draft.missing { resolveMissing(phrase) }
    for phrase in draft.without { resolveWithout(phrase) }
  }

  private mutating func add(_ filter: Analyst.Filter, _ text: String) {
    score += Points.filter
    if case .value(let operand, let values, false) = filter {
      // Two values of one column: either will do.
      for (index, other) in query.filters.enumerated() {
        guard case .value(operand, let held, false) = other else { continue }
        let more = values.filter { !held.contains($0) }
        guard !more.isEmpty else { return }
        query.filters[index] = .value(operand, held + more, isNegated: false)
        query.filterTexts[index] += " or " + (text.split(separator: "= ").last.map(String.init) ?? text)
        return
      }
    }
    guard !query.filters.contains(filter) else { return }
    query.filters.append(filter)
    query.filterTexts.append(text)
  }

  private mutating func addCalendar(
    _ word: String, _ number: Int, _ text: String, _ filter: (Operand) -> Analyst.Filter
  ) {
    guard let (operand, isDate) = calendarOperand(word) else {
      query.unexplained.append("\(word) \(number)")
      return
    }
    if isDate { add(filter(operand), text) } else { add(.compare(operand, .equal, Double(number)), text) }
  }

  // MARK: Words without a role

  mutating func leftover(_ phrase: Phrase, without used: Set<Int>) {
    let rest = phrase.tokens.enumerated().filter { !used.contains($0.offset) }.map(\.element)
    explain(rest, phrase)
  }

  /// Finds values, lessons and names in the words, longest runs first; what is left is noted as unexplained.
  mutating func explain(_ tokens: [Token], _ phrase: Phrase) {
    var start = 0
    while start < tokens.count {
      var length = min(Analyst.ValueFinder.wordsPerSpan, tokens.count - start)
      while length > 0 {
        if explain(Array(tokens[start..<(start + length)]), as: phrase) { break }
        length -= 1
      }
      if length == 0 { query.unexplained.append(tokens[start].text) }
      start += max(length, 1)
    }
  }

  private mutating func explain(_ span: [Token], as phrase: Phrase) -> Bool {
    if span.count == 1, let (lesson, _) = lesson(Phrase(tokens: span)), take(lesson, phrase) { return true }
    let text = span.map(\.text).joined(separator: " ")
    if span.count > 1, let lesson = lessons.first(where: { $0.word == Fold.fold(text) }), take(lesson, phrase) { return true }
    let isName = span.count == 1 && span[0].kind == .word && names(span[0])
    if let (match, path, all) = value(text, phrase.preposition), match.isExact || !isName {
      let operand = Operand.column(path: path, ref: match.ref)
      let name = schema.name(match.ref)
      let shown = all.count <= 3 ? all.joined(separator: " or ") : "\(all.count) values with '\(text)'"
      add(.value(operand, all, isNegated: phrase.isNegated), "\(name) \(phrase.isNegated ? "≠" : "=") \(shown)")
      return true
    }
    return isName
  }

  /// A word that names the fact table, what it refers to, or a column.
  private mutating func names(_ token: Token) -> Bool {
    if tables([token.folded]).contains(where: { $0.path.isEmpty }) {
      score += Points.mention
      return true
    }
    if !tables([token.folded]).isEmpty || !columns([token.folded]).isEmpty {
      score += Points.mention * 0.7
      return true
    }
    // The name of a table that this one does not lead to: known, and left out.
    if Analyst.NameMatcher.isKnown(token.folded, in: schema) {
      score -= Points.mention * 0.5
      return true
    }
    return false
  }

  private mutating func take(_ lesson: Analyst.Lesson, _ phrase: Phrase) -> Bool {
    switch lesson.meaning {
    case .expression(let sql, let table, let isCondition):
      guard table == fact, isCondition else { return false }
      cite(lesson)
      score += Points.filter
      add(.condition(phrase.isNegated ? "NOT (\(sql))" : sql), "\(phrase.isNegated ? "not " : "")\(lesson.word) (\(lesson.text))")
      return true
    case .table(let table):
      guard paths.contains(where: { self.table(at: $0) == table }) else { return false }
      cite(lesson)
      score += table == fact ? Points.mention * 1.5 : Points.mention
      return true
    case .column: return operand(lesson) != nil
    case .values(let members):
      guard let (operand, name, all) = group(lesson.word, of: members, phrase.preposition) else { return false }
      cite(lesson)
      score += Points.filter
      let shown = all.count <= 6 ? all.joined(separator: " or ") : "one of \(all.count) values"
      add(.value(operand, all, isNegated: phrase.isNegated), "\(name) \(phrase.isNegated ? "≠" : "=") \(shown)")
      return true
    }
  }

  /// The values of one column that a word stands for: its own, and those that it was taught to include.
  private mutating func group(
    _ word: String, of members: [String], _ preposition: Analyst.Preposition?
  ) -> (Operand, name: String, [String])? {
    var found: (ref: Analyst.ColumnRef, path: [Analyst.Relation])?
    var all: [String] = []
    for member in members + [word] {
      guard let (match, path, values) = value(member, preposition) else { continue }
      guard found.map({ $0.ref == match.ref }) ?? true else { continue }
      found = found ?? (match.ref, path)
      all += values.filter { !all.contains($0) }
    }
    guard let found else { return nil }
    return (.column(path: found.path, ref: found.ref), schema.name(found.ref), all)
  }

  /// The best place of a value: exact, near, and where the preposition points.
  mutating func value(
    _ text: String, _ preposition: Analyst.Preposition?
  ) -> (ValueMatch, [Analyst.Relation], [String])? {
    let wanted = text.lowercased()
    var best: (match: ValueMatch, path: [Analyst.Relation], rank: Double)?
    var rivals: [(ref: Analyst.ColumnRef, rank: Double)] = []
    for match in values where match.span.lowercased() == wanted {
      for path in paths where table(at: path) == match.ref.table {
        let names = schema.column(match.ref).words + (path.first.map { schema.column($0.from).words } ?? [])
        var rank = (match.isExact ? 1.0 : 0.0) + Points.hop * Double(path.count)
        if Self.suits(names, preposition) { rank += 0.5 }
        rivals.append((match.ref, rank))
        if best.map({ rank > $0.rank }) ?? true { best = (match, path, rank) }
      }
    }
    guard let best else { return nil }
    if let rival = rivals.first(where: { $0.ref != best.match.ref && $0.rank >= best.rank - 0.01 }) {
      note("Looked for '\(text)' in \(schema.name(best.match.ref)); it stands in \(schema.name(rival.ref)) too.")
    }
    let all = values.filter { $0.span.lowercased() == wanted && $0.ref == best.match.ref && $0.isExact == best.match.isExact }
    var unique: [String] = []
    for match in all where !unique.contains(match.value) { unique.append(match.value) }
    return (best.match, best.path, unique)
  }

  // MARK: Conditions

  private mutating func resolve(_ condition: Analyst.Draft.Condition) {
    switch condition.literal {
    case .date(let day): resolveDate(condition, day)
    case .number(let number): resolveNumber(condition, number)
    case .words(let words): resolveWords(condition, words)
    }
  }

  private mutating func resolveDate(_ condition: Analyst.Draft.Condition, _ day: String) {
    let named = condition.subject.tokens.map(\.folded)
    guard let date = date(named) else {
      query.unexplained.append(day)
      return
    }
    let name = schema.name(date.ref)
    add(.date(date.operand, condition.comparison, day), "\(name) \(condition.comparison.rawValue) \(day)")
    if case .date(let end)? = condition.upper { add(.date(date.operand, .atMost, end), "\(name) <= \(end)") }
  }

  private mutating func resolveNumber(_ condition: Analyst.Draft.Condition, _ number: Double) {
    let isYear = (1800...2199).contains(number) && number == number.rounded() && condition.hints.contains("date")
    if isYear, let year = Int(exactly: number), let (operand, isDate) = calendarOperand("year") {
      let text = "year \(condition.comparison.rawValue) \(year)"
      guard isDate else { return add(.compare(operand, condition.comparison, number), text) }
      let day = condition.comparison == .greater || condition.comparison == .atMost ? "\(year)-12-31" : "\(year)-01-01"
      return add(.date(operand, condition.comparison, day), text)
    }
    guard let (operand, name) = measured(condition) else {
      missing.append("which number '\(condition.comparison.rawValue) \(Analyst.NumberText.plain(number))' is about")
      return
    }
    let shown = Analyst.NumberText.plain(number)
    add(.compare(operand, condition.comparison, number), "\(name) \(condition.comparison.rawValue) \(shown)")
    if case .number(let end)? = condition.upper {
      add(.compare(operand, .atMost, end), "\(name) <= \(Analyst.NumberText.plain(end))")
    }
  }

  /// What a number is compared with: what follows it, what stands before it, or what its unit suggests.
  private mutating func measured(_ condition: Analyst.Draft.Condition) -> (Operand, String)? {
    for (phrase, other) in [(condition.trailing, condition.subject), (condition.subject, condition.trailing)]
    where !phrase.isEmpty {
      if let (lesson, _) = lesson(phrase), let operand = operand(lesson) {
        cite(lesson)
        return (operand, lesson.word)
      }
      let hits = columns(phrase.tokens.map(\.folded), preposition: phrase.preposition) { $0.isNumeric }
      guard let hit = hits.first, hit.score >= 0.55 else { continue }
      // "flights over 1000 miles" compares no column that happens to be called flight.
      let table = tables(phrase.tokens.map(\.folded)).first { $0.path.isEmpty }
      if condition.comparison != .equal, let table, table.score > hit.score { continue }
      noteRivals(of: hit, among: hits, phrase.text)
      leftover(phrase, without: hit.used)
      if other != draft.measure, other.isEmpty == false { explain(other.tokens, other) }
      return (hit.operand, schema.name(hit.ref))
    }
    for hint in condition.hints.isEmpty ? ["amount", "total", "price"] : condition.hints {
      guard let hit = columns([hint], ownOnly: true, where: { $0.isNumeric && !$0.looksLikeKey }).first else { continue }
      note("Compared with \(schema.name(hit.ref)), which the question does not name.")
      if !condition.trailing.isEmpty { explain(condition.trailing.tokens, condition.trailing) }
      return (hit.operand, schema.name(hit.ref))
    }
    return nil
  }

  private mutating func resolveWords(_ condition: Analyst.Draft.Condition, _ words: Phrase) {
    let subject = condition.subject.tokens.map(\.folded)
    let isNegated = condition.comparison == .different
    if let hit = columns(subject).first, hit.score >= 0.5 {
      let wanted = words.text.lowercased()
      let found = values.filter { $0.ref == hit.ref && $0.span.lowercased() == wanted }
      let exact = found.filter(\.isExact).map(\.value)
      let chosen = exact.isEmpty ? found.map(\.value) : exact
      leftover(condition.subject, without: hit.used)
      guard !chosen.isEmpty else {
        // The words may be a value of what the column refers to: "carrier is United".
        return explain(words.tokens, Phrase(tokens: words.tokens, preposition: nil, isNegated: isNegated))
      }
      let name = schema.name(hit.ref)
      add(
        .value(hit.operand, chosen, isNegated: isNegated),
        "\(name) \(isNegated ? "≠" : "=") \(chosen.prefix(3).joined(separator: " or "))")
      return
    }
    explain(condition.subject.tokens, condition.subject)
    explain(words.tokens, Phrase(tokens: words.tokens, preposition: words.preposition, isNegated: isNegated))
  }

  private mutating func resolveMissing(_ phrase: Phrase) {
    guard let hit = columns(phrase.tokens.map(\.folded)).first else { return explain(phrase.tokens, phrase) }
    add(.isNull(hit.operand), "\(schema.name(hit.ref)) is missing")
    leftover(phrase, without: hit.used)
  }

  /// Without a value in a column, or without a row in a table that refers to this one.
  private mutating func resolveWithout(_ phrase: Phrase) {
    let words = phrase.tokens.map(\.folded)
    let children = schema.relations.filter { $0.to.table == fact && $0.from.table != fact }
    let best = children.compactMap { relation in
      Analyst.NameMatcher.table(schema.tables[relation.from.table], words).map { (relation, $0) }
    }.max { $0.1.score < $1.1.score }
    if let (relation, match) = best, match.score >= (columns(words, ownOnly: true).first?.score ?? 0) {
      add(.unreferenced(relation), "without \(schema.tables[relation.from.table].name)")
      leftover(phrase, without: match.used)
      return
    }
    resolveMissing(phrase)
  }
}
