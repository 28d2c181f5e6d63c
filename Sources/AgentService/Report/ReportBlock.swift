/// A picture in a report.
struct ReportChart: Sendable, Equatable {
  var title: String
  /// Relative, in the session's folder.
  var path: String
  /// To stand inside a page; nil when it could not be read.
  var svg: String?
  /// To stand inside a page as `data:`; for pictures that are not SVG.
  var dataURI: String?
}

/// What a report is made of, whatever its format.
enum ReportBlock: Sendable {
  case title(String)
  case heading(String)
  case paragraph(String)
  case list([String])
  /// Columns whose place is in `numeric` are set to the right.
  case table(columns: [String], rows: [[String]], numeric: Set<Int>)
  case chart(ReportChart)
}
