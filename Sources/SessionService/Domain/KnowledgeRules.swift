import Wire

/// What a piece of knowledge may hold, by its kind.
enum KnowledgeRules {
  /// Of one kind, of one connection.
  static let most: UInt64 = 10_000

  /// What was given, made comparable: trimmed, and without what its kind does not have.
  /// - Throws: `invalid_argument` for what is missing or does not belong there, `limit_exceeded` for what is too long.
  static func checked(_ given: Knowledge) throws(WireError) -> Knowledge {
    try ConnectionAlias.require(given.dbConnectionId)
    var knowledge = Knowledge()
    knowledge.dbConnectionId = given.dbConnectionId
    knowledge.kind = given.kind
    knowledge.name = try name(given.name)
    knowledge.text = try bounded(given.text, "text")
    switch given.kind {
    case .unspecified: throw WireError(.invalidArgument, "the kind is missing: \(KnowledgeKind.labels.joined(separator: ", "))")
    case .instruction:
      try require(given.text, "text", of: given)
      try refuse(!given.sql.isEmpty, "SQL", of: given)
      knowledge.condition = given.condition.trimmed
    case .metric:
      try require(given.sql, "SQL", of: given)
      knowledge.sql = try bounded(given.sql.trimmed, "SQL")
      knowledge.aliases = try words(given.aliases)
    case .skill:
      try require(given.text, "text", of: given)
      try refuse(!given.sql.isEmpty, "SQL", of: given)
      knowledge.description = given.description.trimmed
      knowledge.category = given.category.trimmed
      knowledge.tags = try words(given.tags)
    case .sql:
      try require(given.sql, "SQL", of: given)
      knowledge.sql = try bounded(given.sql.trimmed, "SQL")
    }
    knowledge.state = knowledge.hasStatement ? .unchecked : .ready
    return knowledge
  }

  static func name(_ text: String) throws(WireError) -> String {
    let name = text.trimmed
    guard (1...Limits.titleBytes).contains(name.utf8.count) else {
      throw WireError(.invalidArgument, "the name must have 1 to \(Limits.titleBytes) bytes")
    }
    return name
  }

  private static func words(_ given: [String]) throws(WireError) -> [String] {
    var seen: Set<String> = []
    return given.map(\.trimmed).filter { !$0.isEmpty && seen.insert($0).inserted }
  }

  private static func bounded(_ text: String, _ what: String) throws(WireError) -> String {
    guard text.utf8.count <= Limits.knowledgeTextBytes else {
      throw WireError(
        .limitExceeded, "the \(what) has \(text.utf8.count) bytes, but may have at most \(Limits.knowledgeTextBytes)")
    }
    return text
  }

  private static func require(_ text: String, _ what: String, of given: Knowledge) throws(WireError) {
    guard text.trimmed.isEmpty else { return }
    throw WireError(.invalidArgument, "the \(given.kind.label) \(quoted(given.name)) has no \(what)")
  }

  private static func refuse(_ isThere: Bool, _ what: String, of given: Knowledge) throws(WireError) {
    guard isThere else { return }
    throw WireError(.invalidArgument, "an \(given.kind.label) has no \(what)", hint: "A metric has, and verified SQL.")
  }
}

extension Knowledge {
  /// Whether its SQL is a statement by itself: a metric's may be an expression, which only a query that has it can be tried with.
  var hasStatement: Bool {
    let first = sql.split(maxSplits: 1) { $0.isWhitespace || $0 == "(" }.first?.lowercased()
    return kind == .sql || first == "select" || first == "with"
  }
}

extension String {
  /// Without white space at both ends.
  var trimmed: String {
    String(drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed())
  }
}
