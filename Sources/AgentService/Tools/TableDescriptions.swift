import JSON
import Wire

/// Tables as ``DescribeTablesTool`` shows them: as many as a model can read, of a wide one as many columns, and always what was
/// left out and how to get it.
struct TableDescriptions {
  /// Room for what is said of the tables that were left out.
  private static let noteBytes = 2 * 1024
  private static let namesLeftOut = 20

  let content: String

  /// - Parameters:
  ///   - offset: the first column that is shown of each table, from 0.
  ///   - limit: at most so many columns of each.
  init(_ tables: [SchemaTable], offset: Int = 0, limit: Int = .max / 2, withValues: Bool) {
    var shown: [String] = []
    var room = ContentLimits.contentBytes - Self.noteBytes
    for table in tables {
      let columns = Self.range(of: table, offset, limit)
      var text = Self.text(table, columns, withValues)
      if text.utf8.count > room {
        // The next call begins with this table, unless even that would not hold it.
        guard shown.isEmpty else { break }
        text = Self.text(table, Self.fitting(table, columns, room, withValues), withValues)
      }
      shown.append(text)
      room -= text.utf8.count + 1
    }
    var members = "{\"tables\":[\(shown.joined(separator: ","))]"
    if shown.count < tables.count {
      let left = tables[shown.count...].map { JSONValue.string($0.name).text() }
      var names: [String] = []
      var bytes = 0
      for name in left.prefix(Self.namesLeftOut) where bytes + name.utf8.count < Self.noteBytes - 128 {
        names.append(name)
        bytes += name.utf8.count + 1
      }
      members += ",\"total\":\(tables.count),\"truncated\":true,\"left_out\":[\(names.joined(separator: ","))]"
    }
    content = members + "}"
  }

  private static func range(of table: SchemaTable, _ offset: Int, _ limit: Int) -> Range<Int> {
    let start = min(offset, table.columns.count)
    return start..<min(table.columns.count, start + limit)
  }

  private static func text(_ table: SchemaTable, _ columns: Range<Int>, _ withValues: Bool) -> String {
    SchemaJSON.description(table, columns: columns, withValues: withValues).text()
  }

  /// As many of the columns as fit, one at least.
  private static func fitting(
    _ table: SchemaTable, _ columns: Range<Int>, _ room: Int, _ withValues: Bool
  ) -> Range<Int> {
    var (least, most) = (1, columns.count)
    while least < most {
      let middle = (least + most + 1) / 2
      let part = columns.lowerBound..<columns.lowerBound + middle
      if text(table, part, withValues).utf8.count <= room { least = middle } else { most = middle - 1 }
    }
    return columns.lowerBound..<columns.lowerBound + min(least, columns.count)
  }
}
