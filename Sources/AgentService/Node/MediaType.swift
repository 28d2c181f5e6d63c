/// The media types of the files that tools write.
enum MediaType {
  /// What programs in the sandbox, and models with `write_file`, are wont to write beside the formats of the tools.
  private static let others = [
    "gif": "image/gif", "htm": "text/html", "jpeg": "image/jpeg", "jpg": "image/jpeg", "log": "text/plain",
    "pdf": "application/pdf", "py": "text/x-python", "sql": "application/sql", "tsv": "text/tab-separated-values",
    "txt": "text/plain", "webp": "image/webp", "xml": "application/xml", "zip": "application/zip",
  ]

  static func of(_ path: String) -> String {
    let formats: [(any FileFormat)?] = [ExportFormat(path: path), ChartFormat(path: path), ReportFormat(path: path)]
    if let format = formats.lazy.compactMap({ $0 }).first { return format.mediaType }
    let end = path.split(separator: ".").last?.lowercased() ?? ""
    return others[end] ?? "application/octet-stream"
  }
}
