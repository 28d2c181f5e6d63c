import ArgumentParser
import JSON
import Testing
import Wire

@testable import kaictl

@Suite struct EscapingTests {
  private static let hostile = "a\u{1b}]0;title\u{7}b\rc\u{0}\u{7f}\u{85}\u{9b}\u{202e}\u{2066}\n\td"

  @Test func aLineHoldsNothingThatATerminalObeys() {
    let safe = Escaping.line(Self.hostile)
    #expect(safe.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control && $0.value != 0x202e })
    #expect(safe == "a\\u{1b}]0;title\\u{7}b\\rc\\u{0}\\u{7f}\\u{85}\\u{9b}\\u{202e}\\u{2066}\\n\\td")
  }

  @Test func aParagraphKeepsLineBreaksAndTabsOnly() {
    #expect(Escaping.paragraph("a\n\tb\r\u{1b}c") == "a\n\tb\\r\\u{1b}c")
  }

  @Test func ordinaryTextIsLeftAlone() {
    let text = "naïve café — 日本 👩‍👧 \"quoted\" \\ back"
    #expect(Escaping.line(text) == text)
  }

  @Test func safeJSONMeansTheSame() throws {
    let value: JSONValue = .string(Self.hostile)
    let safe = Escaping.json(value.text())
    #expect(!safe.unicodeScalars.contains { $0.properties.generalCategory == .control || $0.value == 0x202e })
    #expect(try JSONValue(parsing: safe) == value)
  }

  @Test(arguments: [
    ("report.md", "report.md"), ("a b.csv", "'a b.csv'"), ("it's", "'it'\\''s'"), ("", "''"), ("$(rm)", "'$(rm)'"),
    ("a\nb", "$'a\\nb'"), ("\u{1b}[2J'\\", "$'\\u001b[2J\\'\\\\'"), ("é 日\u{202e}", "$'é 日\\u202e'"),
  ])
  func aWordForTheShellIsOneWord(word: String, quoted: String) {
    #expect(ShellWord.quoted(word) == quoted)
    #expect(Escaping.line(quoted) == quoted)
  }

  @Test(
    arguments: [
      ("report.md", "report.md"), ("-f", "./-f"), ("--file", "./--file"), ("-", "./-"), ("-a/b.md", "./-a/b.md"),
    ])
  func theCommandThatFetchesAFileNamesItAndNoOption(path: String, file: String) throws {
    let words = AnswerPrinter.fetching(path, of: "sess_1").split(separator: " ").dropFirst().map(String.init)
    let get = try #require(try Kaictl.parseAsRoot(LeadingOptions.moved(words)) as? ArtifactCommand.Get)
    #expect(get.session == "sess_1" && get.path == path && get.file == file)
  }

  /// Of an error and of talk: two lines of an error are its own, and no more.
  @Test func aNameBeginsNoLineOfItsOwn() {
    let error = WireError(.localIo, "cannot read 'a\nerror: all is lost\r\nb'", hint: "Look at 'a\nb'.")
    let text = ErrorReport(error).text(on: Terminal(descriptor: 2, noColor: true))
    #expect(text.unicodeScalars.count { $0 == "\n" } == 2)
    #expect(text.hasPrefix("error: cannot read 'a\\nerror: all is lost\\r\\nb'\nhint: Look at 'a\\nb'."))
  }
}
