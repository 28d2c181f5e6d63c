import JSON
import Wire

/// Looks up each number of an answer in what the task's tools returned.
///
/// A number is traced when a result has it, or has one that is written so when it is rounded to as many decimals, as a
/// percentage, or in thousands, millions or billions. Numbers up to ``small`` and years are not looked up: they are counted,
/// named and dated with everywhere. A month's name is a number too: a result must have it, or its number, or a date in it.
struct NumberTracing {
  static let small = 12.0
  private static let most = 32
  private static let years = 1_900.0...2_100.0
  private static let scales = [1.0, 100, 0.01, 1e-3, 1e-6, 1e-9]

  /// Whether a query ran at all.
  let hasQueries: Bool
  /// In order, for a search.
  private let known: [Double]
  /// What results and question name or count, 1...12.
  private let months: Set<Int>

  /// - Parameter entries: of the session, to the last one of the task.
  init(taskId: String, entries: [TranscriptEntry]) {
    let start = entries.firstIndex { $0.taskStarted?.taskId == taskId } ?? entries.startIndex
    var known: [Double] = []
    var hasQueries = false
    var months: Set<Int> = []
    for entry in entries[start...] {
      if let context = entry.context { known += Self.numbers(in: context.text).map(\.value) }
      if let user = entry.user {
        known += Self.numbers(in: user.text).map(\.value)
        months.formUnion(MonthNames.found(in: user.text).map(\.month))
      }
      guard let result = entry.toolResult, !result.isError, result.name != "finish" else { continue }
      hasQueries = hasQueries || !result.sql.isEmpty
      let values = Self.values(in: result.content)
      known += values
      months.formUnion(values.compactMap { (1...12).contains($0) ? Int(exactly: $0) : nil })
      months.formUnion(MonthNames.found(in: result.content).map(\.month))
      if let rows = result.rowCount { known.append(Double(rows)) }
    }
    self.hasQueries = hasQueries
    self.months = months
    self.known = known.map(abs).sorted()
  }

  /// The numbers that come from nowhere, as they are written, each once.
  func untraced(in call: FinishCall) -> [String] {
    var texts = [call.answer] + call.insights
    for row in call.table?.rows ?? [] { texts += row.cells.filter(\.isNumber).compactMap(\.text) }
    var strange: [String] = []
    for number in texts.flatMap(Self.numbers) where !isTraced(number) && !strange.contains(number.text) {
      strange.append(number.text)
      if strange.count == Self.most { break }
    }
    for found in texts.flatMap(MonthNames.found) where !months.contains(found.month) && !strange.contains(found.name) {
      strange.append(found.name)
    }
    return Array(strange.prefix(Self.most))
  }

  private func isTraced(_ number: Number) -> Bool {
    let value = abs(number.value)
    let isWhole = number.decimals == 0
    if isWhole, value <= Self.small || Self.years.contains(value) { return true }
    return Self.scales.contains { scale in
      // Half of the last decimal that is written, and what a double cannot hold.
      let slack = (0.5 * Self.power(-number.decimals) + value * 1e-12) / scale
      return has(value / scale, within: slack)
    }
  }

  private func has(_ value: Double, within slack: Double) -> Bool {
    var low = 0
    var high = known.count
    while low < high {
      let middle = (low + high) / 2
      if known[middle] < value - slack { low = middle + 1 } else { high = middle }
    }
    return low < known.count && known[low] <= value + slack
  }

  private static func power(_ exponent: Int) -> Double {
    exponent >= 0
      ? (0..<exponent).reduce(1.0) { value, _ in value * 10 } : 1 / (0..<(-exponent)).reduce(1.0) { value, _ in value * 10 }
  }

  // MARK: Reading

  /// The numbers of what a tool returned: JSON, or a text.
  private static func values(in content: String) -> [Double] {
    guard let json = try? JSONValue(parsing: content) else { return numbers(in: content).map(\.value) }
    return values(in: json)
  }

  private static func values(in json: JSONValue) -> [Double] {
    switch json {
    case .integer, .number: json.number.map { [$0] } ?? []
    case .string(let text): numbers(in: text).map(\.value)
    case .array(let elements): elements.flatMap { values(in: $0) }
    case .object(let members): members.flatMap { values(in: $0.value) }
    case .null, .bool: []
    }
  }

  struct Number: Equatable {
    /// As written.
    var text: String
    var value: Double
    var decimals: Int
  }

  /// The numbers of a text: `1,234.5`, `1.234,5`, `12%`, `3.2e6`; not those that are part of a name, such as `Q1` or `N711MQ`.
  static func numbers(in text: String) -> [Number] {
    var numbers: [Number] = []
    let bytes = Array(text.utf8)
    var index = 0
    while index < bytes.count {
      guard isDigit(bytes[index]) else {
        index += 1
        continue
      }
      var end = index
      while end < bytes.count, isDigit(bytes[end]) || isInner(bytes, end) { end += 1 }
      let before = index > 0 ? bytes[index - 1] : 32
      let after = end < bytes.count ? bytes[end] : 32
      let written = String(decoding: bytes[index..<end], as: UTF8.self)
      index = end
      guard !isLetter(before), !isLetter(after) else {
        while index < bytes.count, isLetter(bytes[index]) || isDigit(bytes[index]) { index += 1 }
        continue
      }
      if let number = read(written) { numbers.append(number) }
    }
    return numbers
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (48...57).contains(byte) }
  private static func isLetter(_ byte: UInt8) -> Bool {
    (65...90).contains(byte) || (97...122).contains(byte) || byte == 95 || byte >= 128
  }

  /// A point, a comma or an exponent between two digits.
  private static func isInner(_ bytes: [UInt8], _ index: Int) -> Bool {
    guard index > 0, isDigit(bytes[index - 1]), index + 1 < bytes.count else { return false }
    switch bytes[index] {
    case 46, 44: return isDigit(bytes[index + 1])
    case 101, 69:
      let sign = bytes[index + 1] == 45 || bytes[index + 1] == 43
      return isDigit(bytes[index + 1]) || (sign && index + 2 < bytes.count && isDigit(bytes[index + 2]))
    default: return false
    }
  }

  /// The mark that stands last is the decimal one, unless three digits follow each mark of one kind: then it groups.
  private static func read(_ text: String) -> Number? {
    let marks = text.filter { $0 == "." || $0 == "," }
    var plain = text
    var decimals = 0
    if let last = marks.last, let place = text.lastIndex(of: last) {
      let tail = text[text.index(after: place)...].prefix { $0.isNumber }.count
      let isGrouping = tail == 3 && Set(marks).count == 1 && (marks.count > 1 || last == ",")
      let other: Character = last == "." ? "," : "."
      plain = text.filter { $0 != other && (!isGrouping || $0 != last) }
      if !isGrouping {
        plain = String(plain.map { $0 == "," ? "." : $0 })
        decimals = tail
      }
    }
    guard let value = Double(plain), value.isFinite else { return nil }
    return Number(text: text, value: value, decimals: text.contains { $0 == "e" || $0 == "E" } ? 15 : decimals)
  }
}
