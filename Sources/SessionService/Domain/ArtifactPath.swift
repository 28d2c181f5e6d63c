import Wire

/// The path of a session's file: relative, `/` between segments, and nothing that could mean another place or look like
/// another name.
enum ArtifactPath {
  /// - Throws: `path_refused` that says why.
  static func require(_ path: String) throws(WireError) -> String {
    guard (1...Limits.artifactPathBytes).contains(path.utf8.count) else {
      throw refusal(path, "it must have 1 to \(Limits.artifactPathBytes) bytes")
    }
    guard !path.hasPrefix("/") else { throw refusal(path, "it must be relative") }
    for segment in path.split(separator: "/", omittingEmptySubsequences: false) {
      if segment.isEmpty { throw refusal(path, "it has an empty segment") }
      if segment == "." || segment == ".." { throw refusal(path, "it has a segment '\(segment)'") }
      if segment.utf8.count > 255 { throw refusal(path, "a segment has more than 255 bytes") }
    }
    guard path.unicodeScalars.allSatisfy(isPlain) else {
      throw refusal(path, "it has a backslash, a control character or an invisible one")
    }
    return path
  }

  private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: false
    default: scalar != "\\"
    }
  }

  private static func refusal(_ path: String, _ reason: String) -> WireError {
    WireError(.pathRefused, "the path \(quoted(path)) is refused: \(reason)")
  }
}
