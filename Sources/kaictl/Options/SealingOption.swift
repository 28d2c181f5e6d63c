import ArgumentParser
import Wire

/// Opens what nodes have sealed end to end.
struct SealingOption: ParsableArguments {
  @Option(
    help: ArgumentHelp("The keys of what nodes sealed, 64 hex digits a line; else KAI_SEALING_KEY_FILE.", valueName: "file"))
  var sealingKeyFile: String?

  /// - Throws: `local_io` or `usage`
  func keys() throws(WireError) -> SealingKeys? {
    guard let path = sealingKeyFile ?? Environment["KAI_SEALING_KEY_FILE"] else { return nil }
    return try SealingKeys(parsing: try LocalFile.read(path), path: path)
  }
}
