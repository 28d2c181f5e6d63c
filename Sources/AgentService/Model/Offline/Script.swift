import JSON

extension Analyst {
  /// The analysis from the question to its end, written as if every result were at hand (see ``Evidence``).
  struct Script {
    let evidence: Evidence

    func run() throws(Pause) -> Conclusion {
      let (said, question) = Lessons.split(evidence.question)
      let tokens = Tokenizer.tokens(of: question)
      guard tokens.contains(where: { $0.kind != .symbol }) else {
        return Conclusion(
          answer: "There is no question to answer.", suggestions: ["Ask for an overview: describe this database."],
          isPartial: true)
      }
      guard evidence.has("list_tables"), evidence.has("describe_tables"), evidence.has("sql_query") else {
        return Conclusion(
          answer: "This needs the tools list_tables, describe_tables and sql_query, and not all of them are here.",
          isPartial: true, degraded: ["The schema tools or sql_query are missing in this mode."])
      }
      var extra: [PlannedCall] = []
      if evidence.has("recall") { extra.append(PlannedCall("recall", ["query": .string(String(question.prefix(1_000)))])) }
      let (schema, gaps) = try SchemaReader.read(evidence, with: extra)
      var recalled: Finding?
      if let call = extra.first { recalled = try evidence.need(call, "Recalling what was taught.") }
      var conclusion = try conclude(question, said, schema, recalled)
      conclusion.degraded += gaps
      if let recalled, recalled.isError { conclusion.degraded.append("Memory could not be read: \(recalled.reason)") }
      return conclusion
    }

    private func conclude(
      _ question: String, _ said: [String], _ schema: Schema, _ recalled: Finding?
    ) throws(Pause) -> Conclusion {
      if Lessons.isTeaching(question) { return try Teaching(evidence: evidence, schema: schema).run() }
      guard !schema.tables.isEmpty else {
        return Conclusion(answer: "The database has no tables, so there is nothing to answer from.", isPartial: true)
      }
      let draft = QuestionParser.parse(question)
      if draft.unsupported.contains("writing to the database") {
        return Conclusion(
          answer: "The database is only read here; nothing was changed.",
          suggestions: Suggestions.questions(schema, evidence.language),
          isPartial: true)
      }
      let lessons = Lessons.read(recalled, context: evidence.context, said: said, schema)
      if draft.wantsProfile { return try ProfileScript(evidence: evidence, schema: schema, draft: draft).run() }
      if draft.wantsSchema { return SchemaAnswer.conclusion(schema, draft) }
      return try QuestionScript(evidence: evidence, draft: draft, lessons: lessons).run(schema)
    }
  }

  /// Keeps what the user teaches.
  struct Teaching {
    let evidence: Evidence
    let schema: Schema

    func run() throws(Pause) -> Conclusion {
      if let (word, members) = Lessons.included(evidence.question) {
        return try keep(word, "\(word) includes \(members.joined(separator: ", "))", .object([]))
      }
      guard let (word, meaning) = Lessons.taught(evidence.question) else {
        return Conclusion(answer: "This teaches nothing that could be kept.", isPartial: true)
      }
      guard Lessons.meaning(meaning, schema) != nil else {
        return Conclusion(
          answer: "'\(meaning)' is no table, column or expression over one table's columns, so '\(word)' was not learned.",
          suggestions: ["Say it as: remember that '\(word)' means table.column."], isPartial: true)
      }
      let value: JSONValue = .object([.init("synonym", .object([.init(word, .string(meaning))]))])
      return try keep(word, "\(word) means \(meaning)", value)
    }

    private func keep(_ word: String, _ content: String, _ value: JSONValue) throws(Pause) -> Conclusion {
      guard evidence.has("remember") else {
        return Conclusion(
          answer: "'\(word)' cannot be kept in this mode.", isPartial: true,
          degraded: ["The tool remember does not exist in this mode."])
      }
      let call = PlannedCall(
        "remember",
        [
          "namespace": "corrections", "key": .string(word), "value": value, "content": .string(content),
          "scope": "shared",
        ])
      let kept = try evidence.need(call, "Keeping what '\(word)' means.")
      guard !kept.isError else {
        return Conclusion(
          answer: "'\(word)' could not be kept: \(kept.reason)", isPartial: true, degraded: ["Memory could not be written."])
      }
      return Conclusion(answer: "Noted: \(content). It holds for every later question on this database.")
    }
  }

  /// Questions about the schema itself.
  enum SchemaAnswer {
    static func conclusion(_ schema: Schema, _ draft: Draft) -> Conclusion {
      let words = draft.phrases.flatMap { $0.tokens.map(\.folded) }
      let scored = schema.tables.indices.compactMap { index in
        NameMatcher.table(schema.tables[index], words).map { (index, $0.score) }
      }
      if let best = scored.max(by: { $0.1 < $1.1 }) {
        let table = schema.tables[best.0]
        var conclusion = Conclusion(answer: "The table \(table.name) has \(table.columns.count) columns.")
        conclusion.columns = ["column", "kind", "primary key", "refers to"]
        conclusion.rows = table.columns.indices.map { index in
          let column = table.columns[index]
          let target = schema.relation(from: ColumnRef(table: best.0, column: index)).map { schema.name($0.to) }
          return [
            .string(column.name), .string("\(column.kind)"), .string(column.isPrimaryKey ? "yes" : ""),
            target.map { .string($0) } ?? .null,
          ]
        }
        return conclusion
      }
      let views = schema.tables.count { $0.isView }
      let tables = schema.tables.count - views
      var conclusion = Conclusion(
        answer: "The database has \(tables) table\(tables == 1 ? "" : "s")"
          + (views > 0 ? " and \(views) view\(views == 1 ? "" : "s")" : "") + ".")
      conclusion.columns = ["table", "kind", "rows", "columns"]
      conclusion.rows = schema.tables.prefix(1_000).map { table in
        [
          .string(table.name), .string(table.isView ? "view" : "table"), table.rows.map { .integer($0) } ?? .null,
          .string(table.columns.map(\.name).joined(separator: ", ")),
        ]
      }
      conclusion.suggestions = Suggestions.questions(schema)
      return conclusion
    }
  }
}
