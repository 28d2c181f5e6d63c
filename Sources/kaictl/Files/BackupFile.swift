import Crypto
import Glibc
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
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw LocalFile.failure("read", path) }
    defer { close(descriptor) }
    var status = stat()
    fstat(descriptor, &status)
    let total = UInt64(status.st_size)
    guard try bytes(BackupArchive.magic.count, descriptor)?.readableBytesView.elementsEqual(BackupArchive.magic) ?? false else {
      throw WireError(.corrupt, "'\(path)' is not a backup")
    }
    var read = UInt64(BackupArchive.magic.count)
    var manifest: BackupManifest?
    var hash = SHA256()
    var size: UInt64 = 0
    while let headBytes = try bytes(BackupArchive.headBytes, descriptor) {
      let head = try BackupArchive.head(headBytes)
      guard let payload = try bytes(head.length, descriptor) else { throw Self.cutOff }
      try BackupArchive.check(payload, head)
      read += UInt64(BackupArchive.headBytes + head.length)
      progress(read, total)
      guard manifest != nil || head.kind == .manifest else {
        throw WireError(.corrupt, "the backup does not begin with its manifest")
      }
      switch head.kind {
      case .manifest:
        let found = try BackupManifest(decoding: payload)
        guard found.format == 1 else {
          throw WireError(
            .failedPrecondition, "the backup has form \(found.format), which this kaictl does not read", hint: "Use a newer one.")
        }
        manifest = found
      case .part:
        let part = try BackupArchive.inflate(payload)
        part.withUnsafeReadableBytes { hash.update(bufferPointer: $0) }
        size += UInt64(part.readableBytes)
        try each(.part, part)
      case .masterKey:
        try each(.masterKey, payload)
      case .end:
        let end = try BackupEnd(decoding: payload)
        guard end.databaseBytes == size, end.sha256 == Array(hash.finalize()), size == manifest?.databaseBytes else {
          throw WireError(.corrupt, "the backup is damaged: the database in it is not the one that was written")
        }
        guard read == total, let manifest else { throw WireError(.corrupt, "the backup goes on behind its end") }
        return manifest
      case .unspecified: break
      }
    }
    throw Self.cutOff
  }

  private static let cutOff = WireError(.corrupt, "the backup is cut off: its end is missing", hint: "Use another one.")

  /// So many bytes, or nil where the file ends.
  private func bytes(_ count: Int, _ descriptor: Int32) throws(WireError) -> ByteBuffer? {
    var buffer = ByteBuffer()
    var failed = false
    while buffer.readableBytes < count {
      let missing = count - buffer.readableBytes
      let got = buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: missing) { space in
        let got = Glibc.read(descriptor, space.baseAddress, missing)
        failed = got < 0
        return max(0, got)
      }
      if failed { throw LocalFile.failure("read", path) }
      if got == 0 { return nil }
    }
    return buffer
  }
}
