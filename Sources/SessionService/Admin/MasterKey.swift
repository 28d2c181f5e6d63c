import Wire

/// The one secret of a data folder: every key and every sealed secret hangs on it.
enum MasterKey {
  static let fileName = "master.key"
  private static let bytes = 32

  /// Reads the master key, or makes it at the first start.
  /// - Throws: `local_io`, or `corrupt` when the file is not ours.
  static func loadOrMake(in folder: DataFolder, surroundings: Surroundings) throws(WireError) -> [UInt8] {
    if let known = try folder.read(fileName) {
      guard known.count == bytes else {
        throw WireError(
          .corrupt, "'\(folder.path)/\(fileName)' has \(known.count) bytes instead of \(bytes)",
          hint: "Restore it from a backup; without it no key and no connection of this data folder works.")
      }
      return known
    }
    let made = surroundings.randomBytes(bytes)
    try folder.write(fileName, made)
    return made
  }
}
