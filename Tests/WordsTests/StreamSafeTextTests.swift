import Glibc
import Testing
import Words

@Suite(.serialized) struct StreamSafeTextTests {
  private static let bytes = 48_000

  /// Texts that make Unicode's algorithms work hard, each a pattern that is repeated.
  private static let hostile = [
    "\u{344}\u{323}", "a\u{323}\u{307}", "\u{327}\u{301}\u{31B}", "e\u{301}", "\u{1D165}\u{1D16D}", "\u{FDFA}", "\u{1F1E6}",
    "\u{1F468}\u{200D}", "\u{200D}", "\u{600}", "\u{1100}", "\u{AC00}\u{11A8}", "\u{915}\u{94D}", "\u{0F71}\u{0F72}\u{0F74}", "y",
    "Aa",
    "a_", "1.", "ß", "İ", "東", "ſ\u{323}", "\u{E0061}", "x\u{FE0F}",
  ]

  private static func cpuSeconds(_ body: () -> Void) -> Double {
    func now() -> Double {
      var time = timespec()
      clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
      return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
    return (0..<3).map { _ in
      let start = now()
      body()
      return now() - start
    }.min() ?? 0
  }

  private static func text(_ pattern: String) -> String {
    String(repeating: pattern, count: bytes / pattern.utf8.count)
  }

  @Test func hostileTextCostsWhatPlainTextCosts() {
    let work: [(String, (String) -> Void)] = [
      ("terms", { _ = Set(SearchTerms.of($0).map(\.text)) }), ("fold", { _ = Fold.fold($0).hashValue }),
      ("name", { _ = Set(Fold.words(ofName: $0).map(Fold.stem)) }),
    ]
    let plain = "the Average delay of naïve flights in café São Paulo, orders.total_amount 2024 "
    for (name, body) in work {
      let usual = Self.cpuSeconds { body(Self.text(plain)) }
      for pattern in Self.hostile {
        let taken = Self.cpuSeconds { body(Self.text(pattern)) }
        let scalars = pattern.unicodeScalars.map { String($0.value, radix: 16) }
        #expect(taken < 4 * usual, "\(name) of \(scalars): \(taken / usual) times a plain text")
      }
    }
  }

  @Test func accentsAreFoldedInEitherForm() {
    let composed = "àáâãäåāăąçćčĉďèéêëēėęěğĝìíîïīįñńňòóôõöōőřŕśšşșťţțùúûüūůűýÿźżž"
    let decomposed = "a\u{300}e\u{301}c\u{327}o\u{30B}s\u{326}"
    #expect(Fold.fold(composed) == "aaaaaaaaaccccdeeeeeeeeggiiiiiinnnooooooorrsssstttuuuuuuuyyzzz")
    #expect(Fold.fold(decomposed) == "aecos")
    #expect(Fold.fold("ẽ") == Fold.fold("e\u{303}"))
  }

  @Test func onlyLongRunsOfMarksAreCut() {
    let vietnamese = "Nguyễn Thị Minh Khai e\u{323}\u{302}"
    #expect(StreamSafeText.of(vietnamese).hasSameBytes(as: vietnamese))
    let marks = String(repeating: "\u{323}", count: 30)
    #expect(StreamSafeText.of("a\(marks)b\(marks)").hasSameBytes(as: "a\(marks)b\(marks)"))
    #expect(StreamSafeText.of("a\(marks)\u{301}\u{301}b").hasSameBytes(as: "a\(marks)b"))
  }

  @Test func aPrefixEndsBetweenTwoCodePoints() {
    #expect(StreamSafeText.prefix("aé", bytes: 2) == "a")
    #expect(StreamSafeText.prefix("aé", bytes: 3) == "aé")
    #expect(StreamSafeText.prefix("é", bytes: 0) == "")
  }
}
