import Testing
import Words

@Suite struct SearchTermsTests {
  private func texts(_ text: String) -> [String] { SearchTerms.of(text).map(\.text) }

  @Test func proseIsFoldedStemmedAndWithoutStopWords() {
    #expect(texts("The Average DELAYS of the flights, please.") == ["delai", "flight"])
    #expect(texts("Berapa jumlah penjualan untuk café São?") == ["penjualan", "cafe", "sao"])
    #expect(texts("naïve e\u{301}te\u{301}") == texts("naive ete"))
  }

  @Test func identifiersAreThereWholeAndInParts() {
    #expect(texts("net_revenue") == ["netrevenue", "net", "revenu"])
    #expect(texts("netRevenue") == texts("net_revenue"))
    #expect(texts("orders.total_amount.") == ["orderstotalamount", "order", "amount"])
    let terms = SearchTerms.of("net_revenue of revenues")
    #expect(terms.map(\.kind) == [.identifier, .identifier, .identifier, .word])
    #expect(terms.last == SearchTerm(text: "revenu", kind: .word, written: "revenues"))
  }

  @Test func numbersStayAsTheyAre() {
    #expect(
      SearchTerms.of("Q3 2024 3.14") == [
        SearchTerm(text: "q3", kind: .number, written: "q3"), SearchTerm(text: "2024", kind: .number, written: "2024"),
        SearchTerm(text: "3.14", kind: .number, written: "3.14"),
      ])
  }

  @Test func textWithoutSpacesIsThereInPairs() {
    #expect(texts("東京都の人口") == ["東京", "京都", "都の", "の人", "人口"])
    #expect(texts("売 上") == ["売", "上"])
  }

  @Test(arguments: ["", "…", "_", "._.", "a_", "\u{0}", "🙂 🙂", String(repeating: "x", count: 10_000), "\" OR 1 NEAR("])
  func anyTextGivesTermsOfBoundedLength(_ text: String) {
    #expect(SearchTerms.of(text).allSatisfy { (1...SearchTerms.maxBytes).contains($0.text.utf8.count) })
  }

  @Test func aFullStopEndsASentenceAndJoinsNothing() {
    #expect(texts("Revenue. Next") == ["revenu", "next"])
  }
}
