import JSON
import Wire

/// One column of a list of `Row`.
struct ListColumn<Row>: Sendable {
  let title: String
  var alignment = Table.Alignment.left
  var shrinks = false
  /// Shown by `-o wide` alone.
  var onlyWide = false
  let text: @Sendable (Row, Printer) -> String

  static func text(
    _ title: String, shrinks: Bool = false, wide: Bool = false, _ text: @escaping @Sendable (Row) -> String
  ) -> Self {
    Self(title: title, shrinks: shrinks, onlyWide: wide) { row, _ in text(row) }
  }

  static func number(_ title: String, wide: Bool = false, _ number: @escaping @Sendable (Row) -> UInt64) -> Self {
    Self(title: title, alignment: .right, onlyWide: wide) { row, _ in "\(number(row))" }
  }

  static func bytes(_ title: String, _ count: @escaping @Sendable (Row) -> UInt64) -> Self {
    Self(title: title, alignment: .right) { row, _ in Quantities.bytes(count(row)) }
  }

  static func time(_ title: String, wide: Bool = false, _ time: @escaping @Sendable (Row) -> Timestamp) -> Self {
    Self(title: title, onlyWide: wide) { row, printer in printer.time(time(row)) }
  }
}

extension Printer {
  /// A whole list, with how much of it this is.
  func list<List: ListMessage>(_ list: List, _ columns: [ListColumn<List.Row>]) {
    switch form {
    case .json: json(list.json())
    case .jsonl: for row in list.rows { json(row.json()) }
    case .ids: for row in list.rows { line(List.id(of: row)) }
    case .table, .wide:
      rows(list.rows, columns)
      if let paged = list as? any PagedList { sayHowMuch(shown: list.rows.count, of: paged) }
    }
    if let cut = list as? any CutList, cut.omitted > 0 { say("\(cut.omitted) more did not fit into one reply") }
  }

  /// The table of a list; without rows, not even the titles.
  func rows<Row>(_ rows: [Row], _ columns: [ListColumn<Row>]) {
    guard !rows.isEmpty else { return }
    let shown = columns.filter { form == .wide || !$0.onlyWide }
    table(
      Table(
        columns: shown.map { Table.Column(title: $0.title, alignment: $0.alignment, shrinks: $0.shrinks) },
        rows: rows.map { row in shown.map { $0.text(row, self) } }))
  }

  private func sayHowMuch(shown: Int, of list: any PagedList) {
    say("\(shown) of \(list.total)", .dim)
    if !list.nextCursor.isEmpty { say("more: --cursor \(list.nextCursor), or --all", .dim) }
  }
}
