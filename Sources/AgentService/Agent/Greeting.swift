/// Prompts that want nothing but a friendly word: then no schema is read, no tool offered, no database asked.
enum Greeting {
  private static let words: Set<String> = [
    "hi", "hello", "hey", "hiya", "greetings", "good", "morning", "afternoon", "evening", "day", "there", "thanks", "thank",
    "you",
    "bye", "goodbye", "kai", "halo", "hai", "selamat", "pagi", "siang", "sore", "malam", "apa", "kabar", "terima", "kasih",
    "assalamualaikum", "makasih", "how", "are",
  ]
  private static let openers: Set<String> = [
    "hi", "hello", "hey", "hiya", "greetings", "good", "thanks", "thank", "bye", "goodbye", "halo", "hai", "selamat", "terima",
    "assalamualaikum", "makasih",
  ]
  private static let mostWords = 6

  /// Whether every word is one of greeting, in English or Indonesian.
  static func isOne(_ prompt: String) -> Bool {
    let found = prompt.lowercased().split { !$0.isLetter }.map { String($0) }
    guard let first = found.first, found.count <= mostWords else { return false }
    return openers.contains(first) && found.allSatisfy(words.contains)
  }
}
