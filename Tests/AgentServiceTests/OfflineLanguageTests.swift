import JSON
import Testing
import Words

@testable import AgentService

@Suite struct OfflineLanguageTests {
  @Test func `names are cut into words`() {
    #expect(Fold.words(ofName: "dep_delay") == ["dep", "delay"])
    #expect(Fold.words(ofName: "CustomerId") == ["customer", "id"])
    #expect(Fold.words(ofName: "Größe (cm)") == ["grosse", "cm"])
  }

  @Test func `singular and plural, past and present meet in one stem`() {
    for (a, b) in [("flights", "flight"), ("cities", "city"), ("delayed", "delay"), ("boxes", "box"), ("addresses", "address")] {
      #expect(Fold.stem(a) == Fold.stem(b))
    }
    #expect(Fold.stem("status") == "status")
    #expect(Fold.stem("class") == "class")
  }

  @Test(arguments: [
    ("departure", "dep"), ("arrival", "arr"), ("destination", "dest"), ("quantity", "qty"), ("amount", "amt"),
    ("temperature", "temp"), ("custmer", "customer"), ("manufactured", "manufacturer"),
  ])
  func `abbreviations and slips of the pen are understood`(_ pair: (String, String)) {
    #expect(Analyst.WordSimilarity.score(pair.0, pair.1) >= Analyst.WordSimilarity.related)
  }

  @Test(arguments: [("seats", "speed"), ("origin", "order"), ("day", "delay"), ("airline", "airport"), ("in", "income")])
  func `words that only look alike are kept apart`(_ pair: (String, String)) {
    #expect(Analyst.WordSimilarity.score(pair.0, pair.1) < Analyst.WordSimilarity.related)
  }

  @Test func `numbers, dates and quotations are tokens of their own`() {
    let tokens = Analyst.Tokenizer.tokens(of: "more than 1,250.5 since 2024-03-01 in 'Los Angeles', 10k, 3rd, A320, O'Hare's")
    let numbers = tokens.compactMap(\.number)
    #expect(numbers == [1_250.5, 10_000, 3])
    #expect(tokens.contains { $0.kind == .date && $0.text == "2024-03-01" })
    #expect(tokens.contains { $0.kind == .quoted && $0.text == "Los Angeles" })
    #expect(tokens.contains { $0.text == "A320" && $0.kind == .word })
  }

  @Test(arguments: [
    (1_234_567.0, "1,234,567"), (20.2155, "20.22"), (0.012345, "0.0123"), (-1_000.5, "-1,000.50"), (0, "0"), (1e300, "1e+300"),
    (99.999, "100"),
  ])
  func `numbers are written for people`(_ pair: (Double, String)) {
    #expect(Analyst.NumberText.readable(pair.0) == pair.1)
  }

  @Test func `identifiers and literals are quoted whatever they hold`() {
    #expect(Analyst.SQLText.name("a\"b") == "\"a\"\"b\"")
    #expect(Analyst.SQLText.literal("it's") == "'it''s'")
    #expect(Analyst.SQLText.likePattern("50%_\\") == "50\\%\\_\\\\")
  }

  @Test func `data that looks like markup stays data`() {
    #expect(HTMLReport.escaped("<b>\"&") == "&lt;b&gt;&quot;&amp;")
    #expect(MarkdownReport.escaped("a|b\nc_d") == "a\\|b c\\_d")
  }
}
