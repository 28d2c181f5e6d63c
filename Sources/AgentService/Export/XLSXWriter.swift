import CXLSXWriter
import Glibc
import Wire

/// Writes a table as an Excel workbook, through libxlsxwriter: typed cells, a bold header that stays in sight, a filter over it,
/// columns as wide as what they hold.
///
/// A spreadsheet's numbers are doubles: an integer or a decimal that would lose a digit is written as text (see ``DecimalDigits``). A date
/// is a date, a text that is too long for a cell is cut and says so.
enum XLSXWriter {
  /// Excel's own limits.
  static let maxRows = 1_048_575
  static let maxColumns = 16_384
  private static let maxCellCharacters = 32_767
  private static let exactIntegers: ClosedRange<Int64> = -9_007_199_254_740_992...9_007_199_254_740_992
  private static let widest = 60.0

  /// - Throws: `limit_exceeded` when it does not fit on a sheet; `local_io` when the temporary file cannot be written.
  static func bytes(_ table: ExportTable) throws(WireError) -> [UInt8] {
    guard table.rows.count <= maxRows, table.columns.count <= maxColumns else {
      throw WireError(
        .limitExceeded, "The table has \(table.rows.count) rows and \(table.columns.count) columns, more than a sheet takes.",
        hint: "Export it as .csv, or in parts.")
    }
    var name = TemporaryPath.template("kai-export")
    let descriptor = mkstemp(&name)
    guard descriptor >= 0 else { throw failed() }
    close(descriptor)
    let path = TemporaryPath.path(name)
    defer { unlink(path) }
    try write(table, to: path)
    return try content(of: path)
  }

  private static func write(_ table: ExportTable, to path: String) throws(WireError) {
    var options = lxw_workbook_options()
    // Rows go to the disk as they come, so that a large table is not held twice.
    options.constant_memory = 1
    guard let book = workbook_new_opt(path, &options), let sheet = workbook_add_worksheet(book, nil) else { throw failed() }
    let bold = workbook_add_format(book)
    format_set_bold(bold)
    let day = workbook_add_format(book)
    format_set_num_format(day, "yyyy-mm-dd")
    let moment = workbook_add_format(book)
    format_set_num_format(moment, "yyyy-mm-dd hh:mm:ss")
    for column in table.columns.indices {
      worksheet_set_column(sheet, UInt16(column), UInt16(column), width(of: column, in: table), nil)
    }
    for (column, title) in table.columns.enumerated() { worksheet_write_string(sheet, 0, UInt16(column), title, bold) }
    for (number, row) in table.rows.enumerated() {
      for (column, value) in row.enumerated() {
        write(value, sheet, UInt32(number + 1), UInt16(column), day: day, moment: moment)
      }
    }
    worksheet_freeze_panes(sheet, 1, 0)
    if !table.columns.isEmpty {
      worksheet_autofilter(sheet, 0, 0, UInt32(table.rows.count), UInt16(table.columns.count - 1))
    }
    guard workbook_close(book) == LXW_NO_ERROR else { throw failed() }
  }

  private static func write(
    _ value: DatabaseValue, _ sheet: UnsafeMutablePointer<lxw_worksheet>, _ row: UInt32, _ column: UInt16,
    day: UnsafeMutablePointer<lxw_format>?, moment: UnsafeMutablePointer<lxw_format>?
  ) {
    switch value {
    case .null: break
    case .integer(let number) where exactIntegers.contains(number):
      worksheet_write_number(sheet, row, column, Double(number), nil)
    case .integer(let number): worksheet_write_string(sheet, row, column, "\(number)", nil)
    case .real(let number) where number.isFinite: worksheet_write_number(sheet, row, column, number, nil)
    case .real(let number): worksheet_write_string(sheet, row, column, "\(number)", nil)
    case .decimal(let text):
      if let number = DecimalDigits.double(text) {
        worksheet_write_number(sheet, row, column, number, nil)
      } else {
        worksheet_write_string(sheet, row, column, text, nil)
      }
    case .text(let text):
      if var time = SheetTime(text) {
        worksheet_write_datetime(sheet, row, column, &time.value, time.hasTime ? moment : day)
      } else {
        worksheet_write_string(sheet, row, column, cell(text), nil)
      }
    case .blob(let bytes): worksheet_write_string(sheet, row, column, cell(CSVWriter.hex(bytes)), nil)
    }
  }

  /// The cells that a sheet cannot hold whole.
  static func cutCells(of table: ExportTable) -> Int {
    table.rows.reduce(0) { sum, row in
      sum
        + row.count { value in
          switch value {
          case .text(let text): text.utf16.count > maxCellCharacters
          case .blob(let bytes): 2 + 2 * bytes.count > maxCellCharacters
          case .null, .integer, .real, .decimal: false
          }
        }
    }
  }

  /// What of a text a cell holds; one that is cut says so at its end.
  private static func cell(_ text: String) -> String {
    let all = text.utf16.count
    guard all > maxCellCharacters else { return text }
    let note = "… (cut: \(all) characters)"
    var room = maxCellCharacters - note.utf16.count
    let kept = text.unicodeScalars.prefix { scalar in
      room -= scalar.utf16.count
      return room >= 0
    }
    return String(String.UnicodeScalarView(kept)) + note
  }

  /// In characters, by the title and the first rows.
  private static func width(of column: Int, in table: ExportTable) -> Double {
    let shown = table.rows.prefix(200).map { row -> Int in
      switch row[column] {
      case .null: 0
      case .integer(let value): "\(value)".count
      case .real: 12
      case .decimal(let text), .text(let text): text.count
      case .blob(let bytes): bytes.count * 2 + 2
      }
    }
    let longest = max(table.columns[column].count + 3, shown.max() ?? 0)
    return min(widest, Double(longest) + 2)
  }

  private static func content(of path: String) throws(WireError) -> [UInt8] {
    guard let file = fopen(path, "rb") else { throw failed() }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 256 * 1024)
    while true {
      let count = fread(&piece, 1, piece.count, file)
      if count == 0 { break }
      bytes += piece[..<count]
    }
    guard ferror(file) == 0 else { throw failed() }
    return bytes
  }

  private static func failed() -> WireError {
    WireError(.localIo, "The workbook could not be written.", hint: "See whether the node's temporary folder has room.")
  }
}

/// A date, with or without a time of day, as both databases write it: `2024-02-29`, `2024-02-29 13:05:00.5`.
struct SheetTime {
  var value: lxw_datetime
  var hasTime: Bool

  /// nil for any other text, for times with a zone, and for dates that a sheet does not know (before 1900).
  init?(_ text: String) {
    let parts = text.split(separator: text.contains("T") ? "T" : " ", omittingEmptySubsequences: false)
    guard (1...2).contains(parts.count) else { return nil }
    let date = parts[0].split(separator: "-", omittingEmptySubsequences: false)
    guard date.count == 3, date[0].count == 4, date[1].count == 2, date[2].count == 2, let year = Int32(date[0]),
      let month = Int32(date[1]), let day = Int32(date[2]), (1_900...9_999).contains(year), (1...12).contains(month),
      (1...Self.days(in: month, year)).contains(day)
    else { return nil }
    var time: (Int32, Int32, Double) = (0, 0, 0)
    if parts.count == 2 {
      let clock = parts[1].split(separator: ":", omittingEmptySubsequences: false)
      guard clock.count == 3, clock[0].count == 2, clock[1].count == 2, let hour = Int32(clock[0]), let minute = Int32(clock[1]),
        let second = Double(clock[2]), (0...23).contains(hour), (0...59).contains(minute), second >= 0, second < 60
      else { return nil }
      time = (hour, minute, second)
    }
    value = lxw_datetime(year: year, month: month, day: day, hour: time.0, min: time.1, sec: time.2)
    hasTime = parts.count == 2
  }

  private static func days(in month: Int32, _ year: Int32) -> Int32 {
    switch month {
    case 4, 6, 9, 11: 30
    case 2: (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 ? 29 : 28
    default: 31
    }
  }
}
