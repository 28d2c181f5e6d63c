/// The formats that a tool writes, each named by the end of its files' paths.
protocol FileFormat: RawRepresentable<String>, CaseIterable, Sendable {
  var mediaType: String { get }
}

extension FileFormat {
  /// By a path's ending; nil for another.
  init?(path: String) {
    guard let dot = path.lastIndex(of: ".") else { return nil }
    self.init(rawValue: path[path.index(after: dot)...].lowercased())
  }
}

enum ExportFormat: String, FileFormat {
  case csv, json, xlsx

  var mediaType: String {
    switch self {
    case .csv: "text/csv"
    case .json: "application/json"
    case .xlsx: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    }
  }
}

enum ChartFormat: String, FileFormat {
  case svg, png

  var mediaType: String {
    switch self {
    case .svg: "image/svg+xml"
    case .png: "image/png"
    }
  }
}

enum ReportFormat: String, FileFormat {
  case md, html

  var mediaType: String {
    switch self {
    case .md: "text/markdown"
    case .html: "text/html"
    }
  }
}
