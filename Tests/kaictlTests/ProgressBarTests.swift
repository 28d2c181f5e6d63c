import Testing

@testable import kaictl

@Suite struct ProgressBarTests {
  @Test func itSaysHowMuchOfWhat() {
    #expect(ProgressBar.line("reading", 0, 0) == "reading 0 B")
    #expect(ProgressBar.line("done", 250, 1_000) { Quantities.grouped("\($0)") }.hasSuffix(" 25 %  250 of 1,000"))
    #expect(ProgressBar.line("done", 3, 2) { "\($0)" }.contains("100 %"))
  }
}
