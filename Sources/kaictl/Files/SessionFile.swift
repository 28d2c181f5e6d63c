import Crypto
import NIOCore
import Wire

/// Reads a session's file from its beginning to its end, and checks every byte of it.
struct SessionFile {
  let path: String

  /// - Returns: what the file says of itself at its beginning and at its end.
  /// - Throws: `local_io`, or `corrupt` for anything but a whole file.
  func verify(
    _ progress: (UInt64, UInt64) -> Void = { _, _ in }
  ) throws(WireError) -> (manifest: SessionManifest, end: SessionArchiveEnd) {
    var manifest: SessionManifest?
    var end = SessionArchiveEnd()
    var hash = SHA256()
    try RecordFilePath(path: path, file: SessionArchive.file).read(progress) { (record) throws(WireError) in
      switch SessionRecordKind(rawValue: UInt32(record.kind)) ?? .unspecified {
      case .manifest: manifest = try SessionArchive.open(record.payload).message
      case .end:
        end = try SessionArchive.open(record.payload).message
        guard end.sha256 == Array(hash.finalize()) else {
          throw SessionArchive.file.damaged("what is in it is not what was written")
        }
        return .end
      default: break
      }
      record.bytes.withUnsafeReadableBytes { hash.update(bufferPointer: $0) }
      return .more
    }
    guard let manifest, manifest.session != nil else { throw SessionArchive.file.damaged("its manifest names no session") }
    return (manifest, end)
  }
}
