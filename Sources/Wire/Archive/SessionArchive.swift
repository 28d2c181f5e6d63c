package import NIOCore

/// The file that holds one session. A payload is the length of a message (4 bytes, big endian), the message, and then the bytes that
/// go with it: a checkpoint's body and snapshot, or a piece of an artifact.
package enum SessionArchive {
  /// A checkpoint is one message on the wire, and so is each record.
  package static let file = RecordFile(
    name: "the session's file", magic: Array("KAISESS1".utf8), maxRecordBytes: 2 * Limits.defaultMessageBytes)
  /// Of ``SessionManifest/format``.
  package static let format: UInt32 = 1

  /// A record as the file has it.
  package static func record(
    _ kind: SessionRecordKind, _ message: some WireMessage, _ bytes: [UInt8]...
  ) -> ByteBuffer {
    let encoded = message.encoded()
    var payload = ByteBuffer()
    payload.reserveCapacity(4 + encoded.count + bytes.reduce(0) { $0 + $1.count })
    payload.writeInteger(UInt32(encoded.count))
    payload.writeBytes(encoded)
    for piece in bytes { payload.writeBytes(piece) }
    return RecordFile.record(UInt8(kind.rawValue), payload)
  }

  /// A record's message, and what goes with it.
  /// - Throws: `corrupt`
  package static func open<Message: WireMessage>(
    _ payload: ByteBuffer, as type: Message.Type = Message.self
  ) throws(WireError) -> (message: Message, bytes: ByteBuffer) {
    var rest = payload
    guard let length = rest.readInteger(as: UInt32.self), let message = rest.readSlice(length: Int(length)) else {
      throw file.damaged("a record is shorter than its message")
    }
    do throws(WireError) { return (try Message(decoding: message), rest) } catch {
      throw file.damaged("a record cannot be read: \(error.message)")
    }
  }
}
