import ArgumentParser
import JSON
import Wire

/// A condition on the fields of a thing, as its JSON has them: `status=running and age>10m`, `not (title~draft or steps<3)`.
///
/// `=`, `!=`, `<`, `<=`, `>` and `>=` compare; `~` and `!~` say whether a text contains another, ignoring case. `age` is the time since
/// `created_at` and `idle` since `updated_at`, in `ms`, `s`, `m`, `h` or `d`. A dot goes into an object: `result.status=partial`.
struct Filter: ExpressibleByArgument, Sendable {
  private let root: Node
  let text: String

  private indirect enum Node: Sendable {
    case comparison(path: [String], Operator, String)
    case not(Node)
    case all([Node])
    case any([Node])
  }

  private enum Operator: String, Sendable, CaseIterable {
    // The longer ones first: they are looked for in this order.
    case notEqual = "!="
    case containsNot = "!~"
    case atMost = "<="
    case atLeast = ">="
    case equal = "="
    case contains = "~"
    case less = "<"
    case more = ">"
  }

  init?(argument: String) { try? self.init(parsing: argument) }

  /// - Throws: `usage` that says where it stops making sense.
  init(parsing text: String) throws(WireError) {
    var parser = Parser(text)
    root = try parser.expression()
    try parser.requireEnd()
    self.text = text
  }

  /// - Parameters:
  ///   - object: the thing, as JSON.
  ///   - now: what an age is measured from.
  func matches(_ object: JSONValue, now: Timestamp) -> Bool { Self.holds(root, object, now) }

  /// - Throws: `usage` when a field is none of these things'.
  func require(fieldsOf empty: JSONValue) throws(WireError) {
    let known = (empty.object ?? []).map(\.key)
    for path in Self.paths(root) {
      if known.contains(path[0]) || known.contains(Self.field(path[0])) { continue }
      if let time = Self.ages[path[0]], known.contains(time) { continue }
      throw WireError(
        .usage, "there is no field '\(path[0])'",
        hint:
          "Fields: \((Self.ages.keys.filter { known.contains(Self.ages[$0] ?? "") } + known).sorted().joined(separator: ", ")).")
    }
  }

  private static let ages = ["age": "created_at", "idle": "updated_at"]
  /// Names that people type for those of the protocol.
  private static let aliases = [
    "connection": "db_connection_id", "session": "session_id", "steps": "head_step", "node": "node_id",
  ]

  private static func field(_ name: String) -> String { aliases[name] ?? name }

  private static func paths(_ node: Node) -> [[String]] {
    switch node {
    case .comparison(let path, _, _): [path]
    case .not(let inner): paths(inner)
    case .all(let nodes), .any(let nodes): nodes.flatMap(paths)
    }
  }

  private static func holds(_ node: Node, _ object: JSONValue, _ now: Timestamp) -> Bool {
    switch node {
    case .not(let inner): !holds(inner, object, now)
    case .all(let nodes): nodes.allSatisfy { holds($0, object, now) }
    case .any(let nodes): nodes.contains { holds($0, object, now) }
    case .comparison(let path, let sign, let wanted): compares(path, sign, wanted, object, now)
    }
  }

  private static func compares(
    _ path: [String], _ sign: Operator, _ wanted: String, _ object: JSONValue, _ now: Timestamp
  ) -> Bool {
    if path.count == 1, let field = ages[path[0]], object[path[0]] == nil {
      guard let time = object[field]?.string.flatMap({ Timestamp(rfc3339: $0) }), let span = TimeSpan(argument: wanted) else {
        return false
      }
      return order(Double(now.microseconds - time.microseconds) / 1_000, sign, Double(span.milliseconds))
    }
    var value: JSONValue? = object
    for (index, part) in path.enumerated() { value = value?[index == 0 && object[part] == nil ? field(part) : part] }
    guard let value, value != .null else { return sign == .notEqual || sign == .containsNot }
    let text = value.string ?? value.text()
    switch sign {
    case .contains: return text.lowercased().contains(wanted.lowercased())
    case .containsNot: return !text.lowercased().contains(wanted.lowercased())
    default: break
    }
    if value.string == nil, let number = Double(text), let other = Double(wanted) { return order(number, sign, other) }
    // Labels may be written with dashes, as everywhere.
    let same = text == wanted || text == wanted.replacing("-", with: "_")
    switch sign {
    case .equal: return same
    case .notEqual: return !same
    default: return order(text, sign, wanted)
    }
  }

  private static func order<T: Comparable>(_ left: T, _ sign: Operator, _ right: T) -> Bool {
    switch sign {
    case .equal: left == right
    case .notEqual: left != right
    case .less: left < right
    case .atMost: left <= right
    case .more: left > right
    case .atLeast: left >= right
    case .contains, .containsNot: false
    }
  }

  /// Recursive descent over `or`, `and`, `not`, parentheses and comparisons.
  private struct Parser {
    private var rest: Substring
    private var depth = 0

    init(_ text: String) { rest = text[...] }

    private func wrong(_ what: String) -> WireError {
      WireError(
        .usage, "the filter makes no sense at '\(rest.prefix(20))': \(what)", hint: "Example: 'status=running and age>10m'.")
    }

    mutating func expression() throws(WireError) -> Node {
      depth += 1
      guard depth < 64 else { throw wrong("it is too deep") }
      defer { depth -= 1 }
      var nodes = [try conjunction()]
      while word("or") { nodes.append(try conjunction()) }
      return nodes.count == 1 ? nodes[0] : .any(nodes)
    }

    private mutating func conjunction() throws(WireError) -> Node {
      var nodes = [try term()]
      while word("and") { nodes.append(try term()) }
      return nodes.count == 1 ? nodes[0] : .all(nodes)
    }

    private mutating func term() throws(WireError) -> Node {
      if word("not") {
        depth += 1
        guard depth < 64 else { throw wrong("it is too deep") }
        defer { depth -= 1 }
        return .not(try term())
      }
      skipSpace()
      guard rest.first == "(" else { return try comparison() }
      rest.removeFirst()
      let inner = try expression()
      skipSpace()
      guard rest.first == ")" else { throw wrong("a ')' is missing") }
      rest.removeFirst()
      return inner
    }

    private mutating func comparison() throws(WireError) -> Node {
      skipSpace()
      let name = rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "." }
      guard !name.isEmpty else { throw wrong("a field's name is expected") }
      rest.removeFirst(name.count)
      skipSpace()
      if rest.hasPrefix("==") { rest.removeFirst() }
      guard let sign = Operator.allCases.first(where: { rest.hasPrefix($0.rawValue) }) else {
        throw wrong("one of = != < <= > >= ~ !~ is expected")
      }
      rest.removeFirst(sign.rawValue.count)
      return .comparison(
        path: name.split(separator: ".", omittingEmptySubsequences: false).map { String($0) }, sign, try value())
    }

    private mutating func value() throws(WireError) -> String {
      skipSpace()
      guard let quote = rest.first, quote == "'" || quote == "\"" else {
        let bare = rest.prefix { !$0.isWhitespace && $0 != ")" && $0 != "(" }
        guard !bare.isEmpty else { throw wrong("a value is expected") }
        rest.removeFirst(bare.count)
        return String(bare)
      }
      rest.removeFirst()
      guard let end = rest.firstIndex(of: quote) else { throw wrong("the closing \(quote) is missing") }
      let inner = String(rest[..<end])
      rest = rest[rest.index(after: end)...]
      return inner
    }

    /// Takes a word if it comes next and ends there.
    private mutating func word(_ word: String) -> Bool {
      skipSpace()
      guard rest.lowercased().hasPrefix(word) else { return false }
      let after = rest.dropFirst(word.count).first
      guard after == nil || after?.isWhitespace == true || after == "(" else { return false }
      rest.removeFirst(word.count)
      return true
    }

    private mutating func skipSpace() { rest = rest.drop { $0.isWhitespace } }

    mutating func requireEnd() throws(WireError) {
      skipSpace()
      guard rest.isEmpty else { throw wrong("'and' or 'or' is expected") }
    }
  }
}

/// Shows of a list only what a filter lets through.
struct FilterOption: ParsableArguments {
  @Option(help: ArgumentHelp("Only those for which this holds, such as 'status=running and age>10m'.", valueName: "condition"))
  var filter: String?

  /// - Throws: `usage` for what is no filter, or names a field that the rows do not have.
  func apply<List: ListMessage>(to list: List) throws(WireError) -> List {
    guard let filter else { return list }
    let condition = try Filter(parsing: filter)
    try condition.require(fieldsOf: List.Row().json())
    let now = Timestamp.now
    var list = list
    list.rows = list.rows.filter { condition.matches($0.json(), now: now) }
    return list
  }
}
