import JSON
import Wire
import Words

extension Analyst {
  /// Something that the user taught: a word, and what it means in the database.
  struct Lesson: Sendable, Equatable {
    enum Meaning: Sendable, Equatable {
      case table(Int)
      case column(ColumnRef)
      /// SQL over one table's columns, which stand as `{name}`.
      case expression(String, table: Int, isCondition: Bool)
      /// A group of values: Java includes Jakarta and Banten.
      case values([String])
    }

    /// Folded.
    var word: String
    var meaning: Meaning
    /// What was taught, as written.
    var text: String
    /// Where it comes from, for the reader: several may say of the same word what it includes.
    var sources: [String]
  }

  enum Lessons {
    /// `late` and `dep_delay > 15` of "remember that 'late' means dep_delay > 15".
    static func taught(_ text: String) -> (word: String, meaning: String)? {
      let lower = text.lowercased()
      for verb in [" means ", " mean ", " refers to ", " is short for ", " berarti "] {
        guard lower.count == text.count, let range = lower.firstRange(of: verb) else { continue }
        let offset = lower.distance(from: lower.startIndex, to: range.lowerBound)
        let split = text.index(text.startIndex, offsetBy: offset)
        let after = text.index(split, offsetBy: verb.count)
        guard let token = Tokenizer.tokens(of: String(text[..<split])).last, token.kind == .word || token.kind == .quoted
        else { return nil }
        let meaning = text[after...].drop { $0 == " " }
        let end = meaning.reversed().prefix { ".!; \n".contains($0) }.count
        let trimmed = strip(String(meaning.dropLast(end)))
        return trimmed.isEmpty ? nil : (token.folded, trimmed)
      }
      return nil
    }

    /// `java` and its members, of "Java includes Jakarta, Banten and Yogyakarta".
    static func included(_ text: String) -> (word: String, members: [String])? {
      let lower = text.lowercased()
      for verb in [" includes ", " include ", " consists of ", " mencakup ", " meliputi ", " termasuk "] {
        guard lower.count == text.count, let range = lower.firstRange(of: verb) else { continue }
        let split = text.index(text.startIndex, offsetBy: lower.distance(from: lower.startIndex, to: range.lowerBound))
        guard let token = Tokenizer.tokens(of: String(text[..<split])).last, token.kind == .word || token.kind == .quoted
        else { return nil }
        var list = String(text[text.index(split, offsetBy: verb.count)...].prefix { !".;:\n".contains($0) })
        for joint in [" and ", " dan ", " serta ", " as well as "] { list = list.replacing(joint, with: ", ") }
        let members = list.split(separator: ",").map { strip($0.trimmingSpaces) }.filter { !$0.isEmpty }
        return members.isEmpty || members.contains { $0.count > 60 } ? nil : (token.folded, members)
      }
      return nil
    }

    /// A prompt that teaches and asks nothing.
    static func isTeaching(_ text: String) -> Bool {
      let words = Tokenizer.tokens(of: text).map(\.folded)
      let openers = ["remember", "note", "learn", "ingat", "catat"]
      if !text.contains("?"), included(text) != nil, words.count <= 30,
        CorrectionDetector.corrections(in: text, after: nil).count == 1
      {
        return true
      }
      guard taught(text) != nil, !text.contains("?") else { return false }
      return words.first.map(openers.contains) ?? false
        || (words.count <= 16 && !words.contains { ["which", "how"].contains($0) })
    }

    /// What a prompt says before or after it asks: "Java includes Jakarta. What is the revenue in Java?"
    static func split(_ prompt: String) -> (said: [String], question: String) {
      let said = CorrectionDetector.corrections(in: prompt, after: nil)
      guard !said.isEmpty else { return ([], prompt) }
      var question = prompt
      for sentence in said { question = question.replacing(sentence, with: " ") }
      let hasWords = question.contains { $0.isLetter }
      return hasWords ? (said, String(question.drop { !$0.isLetter && !$0.isNumber && $0 != "\"" && $0 != "'" })) : ([], prompt)
    }

    private static func strip(_ text: String) -> String {
      for mark in ["'", "\"", "`"] where text.count > 2 && text.hasPrefix(mark) && text.hasSuffix(mark) {
        let inside = text.dropFirst().dropLast()
        if !inside.contains(mark) { return String(inside) }
      }
      return text
    }

    /// The lessons of recalled memories and of the task's context that this schema can honour.
    /// - Parameter said: what the question itself says.
    static func read(_ recalled: Finding?, context: [ContextEntry], said: [String] = [], _ schema: Schema) -> [Lesson] {
      var lessons: [Lesson] = []
      func add(_ word: String, _ meaning: String, _ source: String) {
        let folded = Fold.fold(word)
        guard let found = self.meaning(meaning, schema), !lessons.contains(where: { $0.word == folded }) else { return }
        lessons.append(Lesson(word: folded, meaning: found, text: meaning, sources: [source]))
      }
      func include(_ members: [String], in word: String, _ source: String) {
        var all = members
        var sources = [source]
        if let place = lessons.firstIndex(where: { $0.word == word }) {
          guard case .values(let known) = lessons[place].meaning else { return }
          all = known + members.filter { !known.contains($0) }
          sources = lessons[place].sources + (lessons[place].sources.contains(source) ? [] : [source])
          lessons.remove(at: place)
        }
        lessons.append(Lesson(word: word, meaning: .values(all), text: all.joined(separator: ", "), sources: sources))
      }
      func learn(_ text: String, _ source: String) {
        for sentence in sentences(text) {
          if let (word, meaning) = taught(sentence) { add(word, meaning, source) }
          if let (word, members) = included(sentence) { include(members, in: word, source) }
        }
      }
      for sentence in said { learn(sentence, "the question itself") }
      // What goes with the question comes before what a search found: its sources are the ones that are known.
      for entry in context where Taught.isSource(entry.source) { learn(entry.text, entry.source) }
      let memories = recalled.flatMap { $0.isError ? nil : $0.json?["memories"]?.array } ?? []
      for memory in memories {
        let source =
          "memory:\(memory["scope"]?.string ?? "")/\(memory["namespace"]?.string ?? "")/\(memory["key"]?.string ?? "")"
        for member in memory["value"]?["synonym"]?.object ?? [] {
          if let target = member.value.string { add(member.key, target, source) }
        }
        learn(memory["content"]?.string ?? "", source)
      }
      for entry in context where !Taught.isSource(entry.source) { learn(entry.text, "the task's context") }
      return lessons
    }

    /// Lines, each without the marks that Markdown puts before it.
    private static func sentences(_ text: String) -> [String] {
      text.split(separator: "\n").map { line in String(line.drop { "#-*> ".contains($0) }) }
    }

    static func meaning(_ text: String, _ schema: Schema) -> Lesson.Meaning? {
      let parts = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
      if parts.count == 2, let table = schema.tables.firstIndex(where: { Fold.fold($0.name) == Fold.fold(parts[0]) }),
        let column = schema.tables[table].column(named: parts[1])
      {
        return .column(ColumnRef(table: table, column: column))
      }
      if let table = schema.tables.firstIndex(where: { Fold.fold($0.name) == Fold.fold(text) }) { return .table(table) }
      for table in schema.tables.indices {
        if let column = schema.tables[table].column(named: text) { return .column(ColumnRef(table: table, column: column)) }
      }
      return SQLExpression.read(text, schema)
    }
  }
}

extension Substring {
  fileprivate var trimmingSpaces: String {
    String(drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed())
  }
}
