import Testing

@testable import kaictl

@Suite struct DisplayWidthTests {
  @Test(arguments: [
    ("", 0), ("abc", 3), ("é", 1), ("e\u{301}", 1), ("日本語", 6), ("ｱ", 1), ("Ａ", 2), ("한글", 4), ("😀", 2), ("❤️", 2),
    ("👩‍👩‍👧", 2), ("🇳🇴", 2), ("\u{200b}", 0), ("→", 1), ("…", 1),
  ])
  func textIsAsWideAsATerminalShowsIt(text: String, width: Int) {
    #expect(text.displayWidth == width)
  }

  @Test(arguments: [
    ("abc", 3, "abc"), ("abcd", 3, "ab…"), ("日本語", 5, "日本…"), ("日本語", 4, "日…"), ("abc", 1, "…"), ("abc", 0, ""),
  ])
  func cutTextFits(text: String, width: Int, cut: String) {
    #expect(text.truncated(toWidth: width) == cut)
    #expect(cut.displayWidth <= width)
  }
}
