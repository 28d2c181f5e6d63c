package import NIOCore

/// A file that is a magic number and then records: a length (4 bytes, big endian), a kind (1 byte), the CRC-32 of the payload (4 bytes)
/// and the payload. What the kinds are, and which record must come last, is for each format to say.
package struct RecordFile: Sendable {
  package static let headBytes = 9

  /// For people, such as `the backup`.
  package let name: String
  package let magic: [UInt8]
  /// A payload is never larger.
  package let maxRecordBytes: Int

  /// One record that was read and matches its checksum.
  package struct Record: Sendable, Equatable {
    package let kind: UInt8
    package let payload: ByteBuffer
    /// The record as it is in the file.
    package let bytes: ByteBuffer
  }

  /// A record as the file has it.
  package static func record(_ kind: UInt8, _ payload: ByteBuffer) -> ByteBuffer {
    var out = ByteBuffer()
    out.reserveCapacity(headBytes + payload.readableBytes)
    out.writeInteger(UInt32(payload.readableBytes))
    out.writeInteger(kind)
    out.writeInteger(payload.withUnsafeReadableBytes { Checksum.crc32($0) })
    out.writeImmutableBuffer(payload)
    return out
  }

  /// What says that the file is not what it should be.
  package func damaged(_ how: String) -> WireError { WireError(.corrupt, "\(name) is damaged: \(how)") }

  package var cutOff: WireError { WireError(.corrupt, "\(name) is cut off: its end is missing", hint: "Use another one.") }
}

/// Reads the records of a file whose bytes come in pieces of any size; holds at most one piece more than one record.
package struct RecordReader: Sendable {
  private let file: RecordFile
  private var buffer = ByteBuffer()
  private var isBegun = false

  package init(_ file: RecordFile) { self.file = file }

  /// Bytes that are no whole record yet.
  package var waitingBytes: Int { buffer.readableBytes }

  package mutating func append(_ bytes: ByteBuffer) {
    buffer.discardReadBytes()
    buffer.writeImmutableBuffer(bytes)
  }

  /// The next record, or nil until more bytes have come.
  /// - Throws: `corrupt`
  package mutating func next() throws(WireError) -> RecordFile.Record? {
    if !isBegun {
      guard buffer.readableBytes >= file.magic.count else { return nil }
      guard let magic = buffer.readBytes(length: file.magic.count), magic == file.magic else {
        throw WireError(.corrupt, "this is not \(file.name): it begins with other bytes")
      }
      isBegun = true
    }
    guard let length = buffer.getInteger(at: buffer.readerIndex, as: UInt32.self) else { return nil }
    guard length <= file.maxRecordBytes else { throw file.damaged("there is no record where one must be") }
    guard buffer.readableBytes >= RecordFile.headBytes + Int(length) else { return nil }
    guard let bytes = buffer.readSlice(length: RecordFile.headBytes + Int(length)) else { return nil }
    var payload = bytes
    guard let head = payload.readSlice(length: RecordFile.headBytes),
      let kind = head.getInteger(at: head.readerIndex + 4, as: UInt8.self),
      let crc = head.getInteger(at: head.readerIndex + 5, as: UInt32.self),
      payload.withUnsafeReadableBytes({ Checksum.crc32($0) }) == crc
    else { throw file.damaged("a record does not match its checksum") }
    return RecordFile.Record(kind: kind, payload: payload, bytes: bytes)
  }
}
