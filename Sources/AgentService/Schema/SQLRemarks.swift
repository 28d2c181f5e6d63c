import Wire

/// What should be said of a statement that ran, since it may say something else than whoever wrote it meant.
enum SQLRemarks {
  private static let aggregates: Set = ["count", "sum", "avg", "total", "group_concat"]

  /// Sentences; empty for nearly every statement.
  static func about(_ sql: String, _ dialect: Dialect) -> [String] {
    let words = words(sql)
    var remarks: [String] = []
    if dividesIntegers(words) {
      remarks.append("Whole numbers are divided without a remainder here: multiply one by 1.0 if a fraction is meant.")
    }
    guard dialect != .postgresql else { return remarks }
    if addsTexts(words) { remarks.append("In SQLite + adds numbers, and a text counts as 0: join texts with ||.") }
    if hasArbitraryColumn(words) {
      remarks.append("A column stands beside an aggregate without GROUP BY: its value is that of one arbitrary row.")
    }
    return remarks
  }

  private enum Word: Equatable {
    case name(String)
    case number(String)
    case text(String)
    case sign(Character)
  }

  private static func words(_ sql: String) -> [Word] {
    var words: [Word] = []
    var rest = sql[...]
    while let first = rest.first {
      if first == "'" || first == "\"" {
        rest.removeFirst()
        let inside = rest.prefix { $0 != first }
        rest = rest.dropFirst(inside.count + 1)
        words.append(first == "'" ? .text(String(inside)) : .name(String(inside)))
      } else if first.isLetter || first == "_" {
        let name = rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "." || $0 == "$" }
        rest = rest.dropFirst(name.count)
        words.append(.name(name.lowercased()))
      } else if first.isNumber {
        let number = rest.prefix { $0.isNumber || $0 == "." || $0.isLetter }
        rest = rest.dropFirst(number.count)
        words.append(.number(String(number)))
      } else {
        rest.removeFirst()
        if !first.isWhitespace { words.append(.sign(first)) }
      }
    }
    return words
  }

  /// A whole number or a count on both sides of a '/'.
  private static func dividesIntegers(_ words: [Word]) -> Bool {
    func isWhole(_ word: Word) -> Bool {
      if case .number(let digits) = word { return digits.allSatisfy(\.isNumber) }
      return false
    }
    return words.indices.contains { index in
      guard words[index] == .sign("/"), index > 0, index + 1 < words.count, words[index + 1] != .sign("*"),
        words[index - 1] != .sign("*")
      else { return false }
      let right = isWhole(words[index + 1]) || words[index + 1] == .name("count")
      return right && (isWhole(words[index - 1]) && !isFraction(words, before: index - 1) || endsCount(words, index - 1))
    }
  }

  /// `2.0 * 3 / 4` is a fraction already.
  private static func isFraction(_ words: [Word], before index: Int) -> Bool {
    index > 0 && (words[index - 1] == .sign("*") || words[index - 1] == .sign("/"))
  }

  /// Whether a count ends with the parenthesis there, and nothing is multiplied with it.
  private static func endsCount(_ words: [Word], _ index: Int) -> Bool {
    guard words[index] == .sign(")") else { return false }
    var depth = 0
    for place in stride(from: index, through: 0, by: -1) {
      if words[place] == .sign(")") { depth += 1 }
      if words[place] == .sign("(") { depth -= 1 }
      if depth == 0 { return place > 0 && words[place - 1] == .name("count") && !isFraction(words, before: place - 1) }
    }
    return false
  }

  private static func addsTexts(_ words: [Word]) -> Bool {
    words.indices.contains { index in
      guard words[index] == .sign("+") else { return false }
      let sides = [index - 1, index + 1].filter(words.indices.contains).map { words[$0] }
      return sides.contains { side in
        if case .text(let text) = side { return Double(text) == nil }
        return false
      }
    }
  }

  /// Of one plain SELECT without GROUP BY: an item that is an aggregate, and one that is a column alone. With min or max SQLite
  /// takes the others from the row that has it, which is what is meant.
  private static func hasArbitraryColumn(_ words: [Word]) -> Bool {
    guard words.first == .name("select"), words.count(where: { $0 == .name("select") }) == 1,
      !words.contains(.name("group")), !words.contains(.name("over")), let from = words.firstIndex(of: .name("from"))
    else { return false }
    var depth = 0
    var items: [[Word]] = [[]]
    for word in words[1..<from] {
      if word == .sign("(") { depth += 1 }
      if word == .sign(")") { depth -= 1 }
      if word == .sign(","), depth == 0 { items.append([]) } else { items[items.count - 1].append(word) }
    }
    func isAggregate(_ item: [Word], _ names: Set<String>) -> Bool {
      item.indices.contains { index in
        guard case .name(let name) = item[index], index + 1 < item.count else { return false }
        return names.contains(name) && item[index + 1] == .sign("(")
      }
    }
    guard !items.contains(where: { isAggregate($0, ["min", "max"]) }) else { return false }
    return items.contains { isAggregate($0, aggregates) }
      && items.contains { item in
        guard case .name(let name)? = item.first, name != "distinct" else { return false }
        return item.count == 1 || item[1] == .name("as")
      }
  }
}
