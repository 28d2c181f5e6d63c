import Wire

/// What was taught, as the transcript has it: background of the question it came with, and no other.
enum Taught {
  private static let kinds = ["memory:", "knowledge:", "block:"]

  static func isSource(_ source: String) -> Bool { kinds.contains(where: source.hasPrefix) }

  /// What the answer stands on of that which came with the task's question: what the model named, and knowledge whose SQL its queries
  /// have.
  static func used(_ named: [String], sql: [SqlUsed], taskId: String, _ entries: [TranscriptEntry]) -> [UsedKnowledge] {
    let start = entries.firstIndex { $0.taskStarted?.taskId == taskId } ?? entries.startIndex
    let given = entries[start...].compactMap(\.context).filter { isSource($0.source) }
    let queries = sql.map { plain($0.sql) }
    var used: [UsedKnowledge] = []
    for piece in given where !used.contains(where: { $0.source == piece.source }) {
      let isNamed = named.contains { name in
        piece.source == name || piece.source.hasSuffix("/" + name) || piece.source.lowercased().hasSuffix("/" + name.lowercased())
      }
      guard isNamed || queries.contains(where: { has($0, piece) }) else { continue }
      used.append(.with { ($0.source, $0.text) = (piece.source, piece.text.prefix(bytes: 500)) })
    }
    return used
  }

  /// Whether a query has the SQL that a piece teaches: the last line of verified SQL, what a metric is computed as.
  private static func has(_ query: String, _ piece: ContextEntry) -> Bool {
    guard piece.source.hasPrefix("knowledge:metric/") || piece.source.hasPrefix("knowledge:sql/") else { return false }
    let lines = piece.text.split(separator: "\n", maxSplits: 1).map { String($0) }
    let taught: String
    if piece.source.hasPrefix("knowledge:sql/") {
      taught = lines.count > 1 ? lines[1] : ""
    } else {
      let first = lines.first ?? ""
      taught = first.firstRange(of: " is computed as: ").map { String(first[$0.upperBound...]) } ?? ""
    }
    let wanted = plain(taught)
    return wanted.count >= 8 && query.contains(wanted)
  }

  /// Without white space, quotes, a last semicolon, and in lower case.
  private static func plain(_ sql: String) -> String {
    var text = sql.lowercased().filter { !$0.isWhitespace && $0 != "\"" && $0 != "`" }
    while text.last == ";" { text.removeLast() }
    return text
  }
}
