import Testing

@testable import SessionService

@Suite struct QuestionSimilarityTests {
  @Test(arguments: [
    ("How many orders were placed?", "how many orders were placed"),
    ("How many orders were placed?", "How many order were placed"),
    ("Berapa jumlah pesanan?", "berapa pesanan"),
  ])
  func theSameWordsAreTheSame(_ a: String, _ b: String) { #expect(QuestionSimilarity.of(a, b) == 1) }

  @Test(arguments: [
    ("total sales of shoes in Jakarta by month", "total sales of shoes in Jakarta for each month"),
    (
      "average delay of departing flights by airline, worst first",
      "average delay of departing flights by airline, worst at first"
    ),
  ])
  func nearlyTheSameAnswersIt(_ a: String, _ b: String) { #expect(QuestionSimilarity.of(a, b) >= QuestionSimilarity.same) }

  @Test(arguments: [
    (
      "total sales of shoes in Jakarta by month and region in 2023", "total sales of shoes in Jakarta by month and region in 2024"
    ),
    ("the sum of net_revenue by month, region and customer", "the sum of gross_revenue by month, region and customer"),
    ("total sales of shoes", "total returns of shoes"),
  ])
  func otherNumbersAndNamesAskSomethingElse(_ a: String, _ b: String) {
    #expect(QuestionSimilarity.of(a, b) < QuestionSimilarity.same)
    #expect(QuestionSimilarity.of(a, b) == QuestionSimilarity.of(b, a))
  }

  @Test func nothingInCommonIsZero() {
    #expect(QuestionSimilarity.of("weather", "sales") == 0)
    #expect(QuestionSimilarity.of("", "sales") == 0)
  }
}
