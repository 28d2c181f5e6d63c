package import NIOCore

/// The file that a backup is: the magic `KAIBACK1`, then records of a length (4 bytes, big endian), a kind (1 byte), the CRC-32 of the
/// payload (4 bytes) and the payload. The first record is the manifest, the last the end; a file without it is not whole.
package enum BackupArchive {
  package static let magic = Array("KAIBACK1".utf8)
  /// Of the database in one part, before it is compressed.
  package static let partBytes = 512 * 1024
  /// A record is never larger.
  package static let maxRecordBytes = 1024 * 1024
  package static let headBytes = 9

  package struct Head: Sendable, Equatable {
    package let length: Int
    package let kind: BackupRecordKind
    package let crc: UInt32
  }

  /// A record as the file has it.
  package static func record(_ kind: BackupRecordKind, _ payload: ByteBuffer) -> ByteBuffer {
    var out = ByteBuffer()
    out.writeInteger(UInt32(payload.readableBytes))
    out.writeInteger(UInt8(kind.rawValue))
    out.writeInteger(payload.withUnsafeReadableBytes { Checksum.crc32($0) })
    out.writeImmutableBuffer(payload)
    return out
  }

  /// - Throws: `corrupt` for what is no record's head.
  package static func head(_ bytes: ByteBuffer) throws(WireError) -> Head {
    var bytes = bytes
    guard let length = bytes.readInteger(as: UInt32.self), let number = bytes.readInteger(as: UInt8.self),
      let crc = bytes.readInteger(as: UInt32.self), length <= maxRecordBytes,
      let kind = BackupRecordKind(rawValue: UInt32(number)), kind != .unspecified
    else { throw WireError(.corrupt, "the backup is damaged: there is no record where one must be") }
    return Head(length: Int(length), kind: kind, crc: crc)
  }

  /// - Throws: `corrupt`
  package static func check(_ payload: ByteBuffer, _ head: Head) throws(WireError) {
    guard payload.withUnsafeReadableBytes({ Checksum.crc32($0) }) == head.crc else {
      throw WireError(.corrupt, "the backup is damaged: a record does not match its checksum")
    }
  }

  package static func deflate(_ part: [UInt8]) throws(WireError) -> ByteBuffer { try WholeStream.deflate(part) }

  /// - Throws: `corrupt`
  package static func inflate(_ part: ByteBuffer) throws(WireError) -> ByteBuffer {
    try WholeStream.inflate(part, maxBytes: partBytes)
  }
}
