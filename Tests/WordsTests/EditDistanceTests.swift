import Testing
import Words

@Suite struct EditDistanceTests {
  @Test func theNeighboursOfAWordAreOneSlipAway() {
    let near = EditDistance.oneSlipAway(from: "captial")
    #expect(near.contains("capital") && near.contains("captal") && near.contains("captials") && near.contains("cattial"))
    #expect(near.allSatisfy { EditDistance.damerau(Array("captial"), Array($0), limit: 1) == 1 })
    #expect(EditDistance.oneSlipAway(from: "").count == 26)
  }

  @Test(arguments: [
    ("", "", 0), ("revenue", "revenue", 0), ("revenue", "revenu", 1), ("revenue", "revneue", 1), ("revenue", "rvenue", 1),
    ("revenue", "revanue", 1), ("revenue", "rveneu", 2), ("kitten", "sitting", 3), ("ca", "abc", 3), ("", "ab", 2),
  ])
  func countsSlips(_ a: String, _ b: String, _ slips: Int) {
    let (one, other) = (Array(a.utf8), Array(b.utf8))
    #expect(EditDistance.damerau(one, other, limit: 10) == slips)
    #expect(EditDistance.damerau(other, one, limit: 10) == slips)
    #expect(EditDistance.damerau(one, other, limit: slips) == slips)
    if slips > 0 { #expect(EditDistance.damerau(one, other, limit: slips - 1) == nil) }
  }
}
