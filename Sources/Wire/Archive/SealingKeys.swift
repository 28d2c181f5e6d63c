import Crypto
public import NIOCore

/// Keys that nodes seal steps and artifacts with, and that kai-session never has (AES-256-GCM). What is sealed begins with a magic number
/// and the mark of its key, then 12 bytes of nonce, the ciphertext and 16 bytes of tag.
public struct SealingKeys: Sendable {
  /// What was sealed cannot stand in for something else.
  public enum Purpose: String, Sendable {
    case step = "kai step"
    case artifact = "kai artifact"
  }

  private static let magic = Array("KAISEAL1".utf8)
  private static let markBytes = 4

  /// The first one seals; all of them open.
  private let keys: [(mark: [UInt8], key: SymmetricKey)]

  /// Reads a key file: 64 hex digits a line, the newest key first.
  /// - Throws: `usage`
  public init(parsing bytes: [UInt8], path: String) throws(WireError) {
    let lines = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline).filter {
      !$0.allSatisfy(\.isWhitespace)
    }
    var keys: [(mark: [UInt8], key: SymmetricKey)] = []
    for line in lines {
      guard line.utf8.count == 64, let key = KeyDerivation.masterKey(parsing: Array(line.utf8)) else {
        throw WireError(
          .usage, "'\(path)' is no file of sealing keys", hint: "It has 64 hex digits a line: openssl rand -hex 32 > FILE.")
      }
      keys.append((Array(SHA256.hash(data: key).prefix(Self.markBytes)), SymmetricKey(data: key)))
    }
    guard !keys.isEmpty else { throw WireError(.usage, "'\(path)' has no sealing key", hint: "openssl rand -hex 32 > FILE") }
    self.keys = keys
  }

  public static func isSealed(_ bytes: ByteBuffer) -> Bool { bytes.readableBytesView.starts(with: magic) }

  /// - Throws: `internal_error`
  public func seal(_ bytes: ByteBuffer, as purpose: Purpose) throws(WireError) -> ByteBuffer {
    do {
      let box = try AES.GCM.seal(
        Array(bytes.readableBytesView), using: keys[0].key, authenticating: Array(purpose.rawValue.utf8))
      var out = ByteBuffer()
      out.reserveCapacity(Self.magic.count + Self.markBytes + bytes.readableBytes + 28)
      out.writeBytes(Self.magic)
      out.writeBytes(keys[0].mark)
      out.writeBytes(box.nonce)
      out.writeBytes(box.ciphertext)
      out.writeBytes(box.tag)
      return out
    } catch { throw WireError(.internalError, "the bytes could not be sealed: \(error)") }
  }

  /// Opens what is sealed; what is not comes back as it is.
  /// - Throws: `failed_precondition` without the key that it was sealed with, `corrupt` when it was changed.
  public static func open(_ bytes: ByteBuffer, as purpose: Purpose, with keys: SealingKeys?) throws(WireError) -> ByteBuffer {
    guard isSealed(bytes) else { return bytes }
    var rest = bytes
    rest.moveReaderIndex(forwardBy: magic.count)
    guard let mark = rest.readBytes(length: markBytes), let nonce = rest.readBytes(length: 12), rest.readableBytes >= 16,
      let ciphertext = rest.readBytes(length: rest.readableBytes - 16), let tag = rest.readBytes(length: 16)
    else { throw WireError(.corrupt, "what is sealed is cut off") }
    guard let key = keys?.keys.first(where: { $0.mark == mark })?.key else {
      throw WireError(
        .failedPrecondition, "it is sealed with a key that is not here (\(TraceContext.hex(mark)))",
        hint: keys == nil ? "Give --sealing-key-file." : "Add the key to the file of --sealing-key-file.")
    }
    do {
      let box = try AES.GCM.SealedBox(nonce: AES.GCM.Nonce(data: nonce), ciphertext: ciphertext, tag: tag)
      return ByteBuffer(bytes: try AES.GCM.open(box, using: key, authenticating: Array(purpose.rawValue.utf8)))
    } catch { throw WireError(.corrupt, "what is sealed was changed") }
  }
}
