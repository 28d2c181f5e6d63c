import Glibc

/// Where this node puts what it needs for a moment: `TMPDIR`, or `/tmp`.
enum TemporaryPath {
  /// What `mkstemp` and `mkdtemp` fill in: `NAME-XXXXXX`.
  static func template(_ name: String) -> [CChar] {
    let folder = getenv("TMPDIR").map { String(cString: $0) } ?? ""
    return Array("\(folder.isEmpty ? "/tmp" : folder)/\(name)-XXXXXX".utf8CString)
  }

  /// What they made of it.
  static func path(_ template: [CChar]) -> String {
    String(decoding: template.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
