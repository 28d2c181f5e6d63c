import JSON

extension Analyst {
  /// SQL text from names and values that may hold anything.
  enum SQLText {
    static func name(_ name: String) -> String { "\"" + doubled(name, "\"") + "\"" }

    static func literal(_ text: String) -> String { "'" + doubled(text.filter { $0 != "\0" }, "'") + "'" }

    static func literal(_ number: Double) -> String {
      if let whole = Int64(exactly: number) { return "\(whole)" }
      return number.isFinite ? "\(number)" : "NULL"
    }

    /// For `LIKE … ESCAPE '\'`.
    static func likePattern(_ text: String) -> String {
      text.map { "%_\\".contains($0) ? "\\\($0)" : String($0) }.joined()
    }

    private static func doubled(_ text: String, _ mark: Character) -> String {
      text.map { $0 == mark ? "\(mark)\(mark)" : String($0) }.joined()
    }
  }
}
