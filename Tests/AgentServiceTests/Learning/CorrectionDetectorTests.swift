import Testing

@testable import AgentService

@Suite struct CorrectionDetectorTests {
  @Test(arguments: [
    "no, use net_revenue", "No - use net_revenue instead of gross_revenue", "Wrong: it should be sum(amount)",
    "that's wrong, use the table orders", "Actually, revenue means price * quantity", "bukan, pakai net_revenue",
    "Salah, seharusnya total_bersih", "use orders instead of invoices", "Use net_revenue, not revenue.",
    "gunakan tabel pesanan, bukan faktur", "Java includes Jakarta, Banten, Yogyakarta", "Jawa termasuk Jakarta dan Banten",
    "revenue means price * quantity", "Active customer refers to one with an order this year.", "Omzet berarti harga * jumlah",
    "Remember: churn is defined as no order for 90 days",
  ])
  func whatCorrectsIsFound(_ text: String) {
    #expect(CorrectionDetector.corrections(in: text, after: "what is the revenue?").count == 1, "\(text)")
  }

  @Test(arguments: [
    "How many orders are missing an id?", "Which category includes shoes?", "no", "No orders were found in May",
    "What is wrong with the totals?", "Show customers whose cart includes shoes", "Is it net or gross, not both?",
    "Berapa pesanan yang bukan dari Jawa?", "Apakah Jawa termasuk Jakarta?", "Tampilkan pelanggan yang tidak aktif",
    "Total sales by month", "That means we lost money", "It includes returns", "no, thanks", "bukan main", "tidak",
    "wrong number of rows?", "Use the index", "average delay, not counting cancelled flights", "", "???",
    "List what Java includes", "the missing ids mean trouble?", "how do I correct the address of order 5?",
  ])
  func whatAsksIsNoCorrection(_ text: String) {
    #expect(CorrectionDetector.corrections(in: text, after: "what is the revenue?") == [], "\(text)")
  }

  @Test func aDefinitionStandsByItselfAndTheRestWithItsQuestion() {
    let previous = "what is the revenue by month?"
    #expect(CorrectionDetector.corrections(in: "Java includes Jakarta.", after: previous) == ["Java includes Jakarta"])
    #expect(
      CorrectionDetector.corrections(in: "no, revenue means price * t.quantity! Show it again", after: previous)
        == ["revenue means price * t.quantity"])
    #expect(CorrectionDetector.corrections(in: "No, use net_revenue", after: previous) == ["For “\(previous)”: use net_revenue"])
    #expect(CorrectionDetector.corrections(in: "No, use net_revenue", after: nil) == ["use net_revenue"])
  }

  @Test func eachSentenceIsReadByItself() {
    let text = "Thanks. Java includes Jakarta. How many orders are there? Omzet berarti harga * 1.5"
    #expect(CorrectionDetector.corrections(in: text, after: nil) == ["Java includes Jakarta", "Omzet berarti harga * 1.5"])
  }
}
