/// The media types of the files that tools write.
enum MediaType {
  static func of(_ path: String) -> String {
    switch path.split(separator: ".").last.map({ $0.lowercased() }) {
    case "csv": "text/csv"
    case "html": "text/html"
    case "json": "application/json"
    case "md": "text/markdown"
    case "sql": "application/sql"
    case "svg": "image/svg+xml"
    case "txt": "text/plain"
    default: "application/octet-stream"
    }
  }
}
