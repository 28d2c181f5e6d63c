import Foundation
import JSON
import Testing
import Wire

@testable import AgentService

/// What is exported is read back by programs that are not ours.
struct ExportDataTests {
  private static let sql = """
    SELECT 1 AS id, 'a,"b"' || char(10) || 'c' AS text, 0.1 AS real, 9223372036854775807 AS big, NULL AS missing, '' AS empty,
      x'00ff' AS bytes, '2024-02-29' AS day, '2024-02-29 13:05:00' AS moment, '=1+1' AS formula
    UNION ALL SELECT 2, 'é🙂', 1e300, -1, 'x', ' ', NULL, '1850-01-01', '2024-02-30 00:00:00', '-5'
    """

  private func python(_ program: String, _ path: String) throws -> String {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["python3", "-c", program, path]
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    return String(decoding: data, as: UTF8.self)
  }

  private func export(_ path: String) async throws -> (ToolRig, String) {
    let rig = try await ToolRig()
    let answer = try await rig.json("export_data", ["path": .string(path), "sql": .string(Self.sql)])
    #expect(answer["rows"] == 2)
    return (rig, rig.context.folder.root + "/" + path)
  }

  @Test func csvIsReadBackByPython() async throws {
    let (rig, path) = try await export("out/a.csv")
    defer { rig.sample.remove() }
    let text = try python("import csv, sys; print(list(csv.reader(open(sys.argv[1], newline='', encoding='utf-8'))))", path)
    #expect(
      text == """
        [['id', 'text', 'real', 'big', 'missing', 'empty', 'bytes', 'day', 'moment', 'formula'], \
        ['1', 'a,"b"\\nc', '0.1', '9223372036854775807', '', '', '0x00ff', '2024-02-29', '2024-02-29 13:05:00', "'=1+1"], \
        ['2', 'é🙂', '1e+300', '-1', 'x', ' ', '', '1850-01-01', '2024-02-30 00:00:00', '-5']]

        """)
  }

  @Test func jsonIsReadBackByPythonWithEveryDigit() async throws {
    let (rig, path) = try await export("a.json")
    defer { rig.sample.remove() }
    let text = try python("import json, sys; print([list(row.values()) for row in json.load(open(sys.argv[1]))])", path)
    #expect(
      text == """
        [[1, 'a,"b"\\nc', 0.1, 9223372036854775807, None, '', '0x00ff', '2024-02-29', '2024-02-29 13:05:00', '=1+1'], \
        [2, 'é🙂', 1e+300, -1, 'x', ' ', None, '1850-01-01', '2024-02-30 00:00:00', '-5']]

        """)
  }

  @Test func aWorkbookHasTypedCellsAHeaderThatStaysAndAFilter() async throws {
    let (rig, path) = try await export("a.xlsx")
    defer { rig.sample.remove() }
    // A workbook is a zip of XML: read by Python's own zipfile and parser.
    let program = """
      import sys, zipfile, xml.etree.ElementTree as tree
      ns = '{http://schemas.openxmlformats.org/spreadsheetml/2006/main}'
      book = zipfile.ZipFile(sys.argv[1])
      assert book.testzip() is None
      sheet = tree.fromstring(book.read('xl/worksheets/sheet1.xml'))
      for row in sheet.iter(ns + 'row'):
          print([(c.get('t'), (c.findtext(ns + 'v') or ''.join(c.itertext()))) for c in row])
      print(sheet.find('.//' + ns + 'pane').get('state'), sheet.find(ns + 'autoFilter').get('ref'))
      print(sorted(f.get('formatCode') for f in tree.fromstring(book.read('xl/styles.xml')).iter(ns + 'numFmt')))
      """
    let lines = try python(program, path).split(separator: "\n").map(String.init)
    #expect(lines.count == 5)
    #expect(lines[0].contains("('inlineStr', 'id'), ('inlineStr', 'text')"))
    #expect(lines[1].contains("(None, '1')") && lines[1].contains("('inlineStr', '9223372036854775807')"))
    // 29 February 2024 is day 45351 of a sheet; 13:05 is a part of it.
    #expect(lines[1].contains("(None, '45351')") && lines[1].contains("(None, '45351.545"))
    #expect(lines[1].contains("('inlineStr', '=1+1')"))
    #expect(lines[2].contains("('inlineStr', '1850-01-01')") && lines[2].contains("('inlineStr', '2024-02-30 00:00:00')"))
    #expect(lines[3] == "frozen A1:J3")
    #expect(lines[4] == "['yyyy-mm-dd', 'yyyy-mm-dd hh:mm:ss']")
  }

  @Test func moreThanAFileTakesIsRefused() async throws {
    let rig = try await ToolRig()
    defer { rig.sample.remove() }
    let many = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500001) SELECT i FROM n"
    let error = await rig.error("export_data", ["path": "a.csv", "sql": .string(many)])
    #expect(error?.errorCode == .limitExceeded)
    #expect(await rig.error("export_data", ["path": "a.exe", "sql": "SELECT 1"])?.errorCode == .toolArguments)
    #expect(await rig.error("export_data", ["path": "a.csv", "sql": "DELETE FROM orders"])?.errorCode == .sqlRefused)
    #expect(try rig.context.folder.list().isEmpty)
  }

  /// Titles are what somebody wrote, too; white space and wide signs hide a formula from us and not from the program; an amount is none.
  @Test func onlyWhatBeginsLikeAFormulaGetsAnApostrophe() throws {
    let formulas = [
      "=1+1", " =1+1", "\u{a0}=1", "＝1+1", "\t=1", "\tx", "@a", "+A1", "-A1", "-1+cmd|' /C calc'!A0", "-2+3", "--1", "-(1)",
    ]
    let amounts = [
      "-$0.01", "-1,234.50", "-1 days", "-1 years -2 mons +3 days -04:05:06.5", "-00:10:00", "+7", "-€5", "-5", "1=1", "a",
    ]
    let table = try ExportTable(
      QueryResult(
        columns: ["=cmd|calc"], rows: (formulas + amounts).map { [.text($0)] }, rowCount: UInt64(formulas.count + amounts.count),
        isExact: true, elapsedMs: 0))
    let lines = String(decoding: CSVWriter.bytes(table), as: UTF8.self).split(separator: "\r\n").map(String.init)
    let plain = lines.map { $0.hasPrefix("\"") ? String($0.dropFirst().dropLast()) : $0 }
    #expect(plain[0] == "'=cmd|calc")
    #expect(Array(plain[1...formulas.count]) == formulas.map { "'" + $0 })
    #expect(Array(plain[(formulas.count + 1)...]) == amounts)
  }

  @Test func aDecimalIsANumberUnlessADigitWouldBeLost() {
    let numbers = [
      "14.0000000000000000": 14, "75.1111111111111111": 75.1111111111111111, "-0.00510000000000000000": -0.0051, "12.50": 12.5,
    ]
    for (text, number) in numbers { #expect(DecimalDigits.double(text) == number, "\(text)") }
    for text in [
      "12345678901234567890", "123456789012345.6789", "1234567890123456.7", "0.1234567890123456789012345678901234567890",
      "12345678901234567890.12345678901234567890", "NaN", "Infinity",
    ] {
      #expect(DecimalDigits.double(text) == nil, "\(text)")
    }
  }

  @Test func whatASheetCannotHoldIsCutWithAWord() async throws {
    let rig = try await ToolRig()
    defer { rig.sample.remove() }
    let sql = "SELECT 1 AS id, replace(hex(zeroblob(500000)), '0', 'é') AS long, CAST(x'636166e9' AS TEXT) AS bad, x'00ff' AS raw"
    let answer = try await rig.json("export_data", ["path": "a.xlsx", "sql": .string(sql)])
    #expect(answer["cut_cells"] == 1 && answer["columns_with_hex"] == ["raw"])
    let program = """
      import sys, zipfile, xml.etree.ElementTree as tree
      ns = '{http://schemas.openxmlformats.org/spreadsheetml/2006/main}'
      sheet = tree.fromstring(zipfile.ZipFile(sys.argv[1]).read('xl/worksheets/sheet1.xml'))
      cells = [''.join(c.itertext()) for c in list(sheet.iter(ns + 'row'))[1]]
      print(len(cells[1]), cells[1][-28:], cells[2], cells[3])
      """
    let text = try python(program, rig.context.folder.root + "/a.xlsx")
    #expect(text == "32767 é… (cut: 1000000 characters) caf\\xe9 0x00ff\n")
  }

  /// Each format of each tool has a media type of its own.
  @Test func everyFormatThatToolsWriteHasAMediaType() {
    let formats =
      ExportFormat.allCases.map(\.rawValue) + ChartFormat.allCases.map(\.rawValue) + ReportFormat.allCases.map(\.rawValue)
    let types = formats.map { MediaType.of("folder/a.\($0.uppercased())") }
    #expect(Set(types).count == formats.count && !types.contains("application/octet-stream"))
    #expect(MediaType.of("charts/a.png") == "image/png" && MediaType.of("run.py") == "text/x-python")
    #expect(MediaType.of("a") == "application/octet-stream" && MediaType.of("a.bin") == "application/octet-stream")
  }
}
