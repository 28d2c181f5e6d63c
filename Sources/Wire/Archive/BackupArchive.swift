package import NIOCore

/// The file that a backup is. The first record is the manifest, the last the end; a file without it is not whole.
package enum BackupArchive {
  package static let file = RecordFile(name: "the backup", magic: Array("KAIBACK1".utf8), maxRecordBytes: 1024 * 1024)
  /// Of the database in one part, before it is compressed.
  package static let partBytes = 512 * 1024

  /// A record as the file has it.
  package static func record(_ kind: BackupRecordKind, _ payload: ByteBuffer) -> ByteBuffer {
    RecordFile.record(UInt8(kind.rawValue), payload)
  }

  package static func deflate(_ part: [UInt8]) throws(WireError) -> ByteBuffer { try WholeStream.deflate(part) }

  /// - Throws: `corrupt`
  package static func inflate(_ part: ByteBuffer) throws(WireError) -> ByteBuffer {
    try WholeStream.inflate(part, maxBytes: partBytes)
  }
}
