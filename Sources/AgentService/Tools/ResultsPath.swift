@_spi(_Unicode) import Swift
import Wire

/// The names of files in a session's folder: plain, relative, and the same for every reader.
enum ResultsPath {
  static let maxSegments = 16
  static let maxSegmentBytes = 255

  /// The segments of a path that may be used; nothing is repaired, everything doubtful is refused.
  /// - Throws: `path_refused`, with a sentence.
  static func segments(of path: String) throws(WireError) -> [String] {
    guard !path.isEmpty else { throw refused(path, "is empty") }
    guard path.utf8.count <= Limits.artifactPathBytes else {
      throw refused(path, "is longer than \(Limits.artifactPathBytes) bytes")
    }
    guard path.utf8.first != UInt8(ascii: "/") else { throw refused(path, "is absolute; name it relative to the folder") }
    if let fault = fault(in: path) { throw refused(path, fault) }
    let segments = path.split(separator: "/", omittingEmptySubsequences: false).map { String($0) }
    guard segments.count <= maxSegments else { throw refused(path, "has more than \(maxSegments) folders") }
    for segment in segments {
      if segment.isEmpty { throw refused(path, "has an empty name between slashes or at its end") }
      if segment == "." || segment == ".." { throw refused(path, "has '.' or '..' in it") }
      if segment.utf8.first == UInt8(ascii: ".") { throw refused(path, "has a name that begins with a dot") }
      if segment.utf8.count > maxSegmentBytes { throw refused(path, "has a name longer than \(maxSegmentBytes) bytes") }
      if segment.first == " " || segment.last == " " { throw refused(path, "has a name that begins or ends with a space") }
    }
    return segments
  }

  /// What is wrong with the characters of a path, as the end of a sentence.
  private static func fault(in path: String) -> String? {
    for scalar in path.unicodeScalars {
      if scalar == "\\" { return "has a backslash in it" }
      switch scalar.properties.generalCategory {
      case .control: return "has a control character in it"
      // Zero-width and bidirectional characters among them: two names could look the same.
      case .format, .lineSeparator, .paragraphSeparator: return "has an invisible character in it"
      case .privateUse, .surrogate, .unassigned: return "has a character that is not in Unicode"
      case .spaceSeparator where scalar != " ": return "has an unusual space in it"
      default: break
      }
      if scalar.properties.isDefaultIgnorableCodePoint { return "has an invisible character in it" }
    }
    // Two spellings of one name would be one file on some systems and two on others.
    var composed = String.UnicodeScalarView()
    composed.append(contentsOf: path._nfc)
    return composed.elementsEqual(path.unicodeScalars) ? nil : "is not in Unicode's composed form (NFC)"
  }

  static func refused(_ path: String, _ fault: String) -> WireError {
    var shown = ""
    for scalar in path.unicodeScalars.prefix(80) { shown += scalar.escaped(asASCII: true) }
    return WireError(.pathRefused, "The path '\(shown)' \(fault).")
  }
}
