import Testing
import Wire

@testable import kaictl

@Suite struct TableTests {
  private let fruit = Table(
    columns: [.init(title: "NAME"), .init(title: "COUNT", alignment: .right), .init(title: "NOTE", shrinks: true)],
    rows: [["apple", "5", "red"], ["日本", "1200", "a long note about nothing"]])

  @Test func columnsAreAlignedByDisplayWidth() {
    #expect(
      fruit.lines(width: nil) == [
        "NAME   COUNT  NOTE",
        "apple      5  red",
        "日本    1200  a long note about nothing",
      ])
  }

  @Test func aNarrowScreenCutsOnlyWhatMayShrink() {
    let lines = fruit.lines(width: 26)
    #expect(lines == ["NAME   COUNT  NOTE", "apple      5  red", "日本    1200  a long note…"])
    #expect(lines.allSatisfy { $0.displayWidth <= 26 })
  }

  @Test func aHostileCellStaysInItsCell() {
    let table = Table(columns: [.init(title: "TITLE")], rows: [["\u{1b}[2Jgone\u{7}\nsecond\u{9b}31m\u{202e}"]])
    let lines = table.lines(width: nil)
    #expect(lines == ["TITLE", "\\u{1b}[2Jgone\\u{7}\\nsecond\\u{9b}31m\\u{202e}"])
  }

  @Test func aShortRowIsFilledUp() {
    let table = Table(columns: [.init(title: "A"), .init(title: "B")], rows: [["1"]])
    #expect(table.lines(width: nil) == ["A  B", "1"])
  }

  @Test func anAnswersNumbersStandRightAndAreGroupedForPeopleOnly() {
    var answer = AnswerTable()
    answer.columns = ["airline", "year", "flights"]
    answer.rows = [["United", "20130", "58665"], ["Delta", "20130", nil]].map { texts in
      .with { row in
        row.cells = texts.enumerated().map { index, text in
          .with { cell in
            cell.text = text
            cell.isNumber = index > 0 && text != nil
          }
        }
      }
    }
    #expect(
      Table(answer: answer, forPeople: true).lines(width: nil) == [
        "airline   year  flights", "United   20130   58,665", "Delta    20130     NULL",
      ])
    #expect(Table(answer: answer, forPeople: false).lines(width: nil)[1] == "United   20130    58665")
  }
}
