import Crypto
import NIOCore
import Wire

/// Reads a backup from its beginning to its end, and checks every byte of it.
struct BackupFile {
  /// What to do with a part.
  typealias Each = (BackupRecordKind, ByteBuffer) throws(WireError) -> Void

  let path: String

  /// - Parameters:
  ///   - each: gets the inflated parts of the database and the master key.
  ///   - progress: gets how much of the file was read and how much there is.
  /// - Returns: the manifest.
  /// - Throws: `local_io`, or `corrupt` for anything but a whole backup.
  @discardableResult
  func read(_ progress: (UInt64, UInt64) -> Void = { _, _ in }, _ each: Each) throws(WireError) -> BackupManifest {
    var manifest: BackupManifest?
    var hash = SHA256()
    var size: UInt64 = 0
    try RecordFilePath(path: path, file: BackupArchive.file).read(progress) { (record) throws(WireError) in
      let kind = BackupRecordKind(rawValue: UInt32(record.kind)) ?? .unspecified
      guard manifest != nil || kind == .manifest else { throw BackupArchive.file.damaged("it does not begin with its manifest") }
      switch kind {
      case .manifest:
        let found = try BackupManifest(decoding: record.payload)
        guard found.format == 1 else {
          throw WireError(
            .failedPrecondition, "the backup has form \(found.format), which this kaictl does not read", hint: "Use a newer one.")
        }
        manifest = found
      case .part:
        let part = try BackupArchive.inflate(record.payload)
        part.withUnsafeReadableBytes { hash.update(bufferPointer: $0) }
        size += UInt64(part.readableBytes)
        try each(.part, part)
      case .masterKey:
        guard record.payload.readableBytes == KeyDerivation.secretBytes else {
          throw BackupArchive.file.damaged("the master key in it has \(record.payload.readableBytes) bytes")
        }
        try each(.masterKey, record.payload)
      case .end:
        let end = try BackupEnd(decoding: record.payload)
        guard end.databaseBytes == size, end.sha256 == Array(hash.finalize()), size == manifest?.databaseBytes else {
          throw BackupArchive.file.damaged("the database in it is not the one that was written")
        }
        return .end
      case .unspecified: throw BackupArchive.file.damaged("it has a record of an unknown kind")
      }
      return .more
    }
    guard let manifest else { throw BackupArchive.file.cutOff }
    return manifest
  }
}
