/// Says whether a picture may stand inside a page: an SVG may hold scripts, and may fetch things.
enum SafeSVG {
  private static let refused = [
    "<script", "<foreignobject", "<iframe", "<embed", "<object", "<image", "<use", "<style", "<!entity", "<!doctype", "<a ",
    "<set",
    "<animate", "href", "javascript:", "url(", "data:", "@import",
  ]

  /// Whether nothing in it can run or be fetched. What is not known to be harmless is not.
  static func isHarmless(_ svg: String) -> Bool {
    let text = svg.lowercased()
    guard refused.allSatisfy({ !text.contains($0) }) else { return false }
    // Event handlers: an attribute whose name begins with `on`.
    var previous: Character = " "
    var word = ""
    for character in text {
      if character.isLetter || character == "-" {
        if word.isEmpty, !(previous.isWhitespace || previous == "/" || previous == "\"" || previous == "'") {
          previous = character
          continue
        }
        word.append(character)
      } else {
        if character == "=", word.hasPrefix("on") { return false }
        if !character.isWhitespace || word.isEmpty { word = "" }
      }
      previous = character
    }
    return true
  }
}
