import Crypto

/// What both sides sign: everything that was said before the proofs.
struct HandshakeTranscript {
  private var hash = SHA256()

  /// T = SHA-256(client preface ‖ server preface ‖ u32 length ‖ HELLO ‖ u32 length ‖ CHALLENGE ‖ certificate hash, under TLS).
  /// The lengths keep the two bodies apart.
  init(clientPreface: [UInt8], serverPreface: [UInt8], hello: [UInt8], challenge: [UInt8], certificateHash: [UInt8]) {
    hash.update(data: clientPreface)
    hash.update(data: serverPreface)
    for body in [hello, challenge] {
      hash.update(data: bigEndian(UInt32(truncatingIfNeeded: body.count)))
      hash.update(data: body)
    }
    hash.update(data: certificateHash)
  }

  var digest: [UInt8] { [UInt8](hash.finalize()) }
}

/// The proofs of the handshake.
enum HandshakeProof {
  /// HMAC-SHA256(secret, "kaiw1 client" ‖ T)
  static func client(secret: [UInt8], transcript: [UInt8]) -> [UInt8] {
    code(secret, [UInt8]("kaiw1 client".utf8) + transcript)
  }

  static func isValidClient(_ proof: [UInt8], secret: [UInt8], transcript: [UInt8]) -> Bool {
    isEqual(proof, client(secret: secret, transcript: transcript))
  }

  /// HMAC-SHA256(secret, "kaiw1 server" ‖ T ‖ u32 maxFrame ‖ u32 maxMessage ‖ u32 maxStreams ‖ u32 role)
  static func server(secret: [UInt8], transcript: [UInt8], limits: ConnectionLimits, role: Role) -> [UInt8] {
    let agreed = [limits.maxFrameBytes, limits.maxMessageBytes, limits.maxStreams, role.rawValue].flatMap(bigEndian)
    return code(secret, [UInt8]("kaiw1 server".utf8) + transcript + agreed)
  }

  static func isValidServer(
    _ proof: [UInt8], secret: [UInt8], transcript: [UInt8], limits: ConnectionLimits, role: Role
  ) -> Bool {
    isEqual(proof, server(secret: secret, transcript: transcript, limits: limits, role: role))
  }

  private static func code(_ secret: [UInt8], _ text: [UInt8]) -> [UInt8] {
    [UInt8](HMAC<SHA256>.authenticationCode(for: text, using: SymmetricKey(data: secret)))
  }

  /// Takes the same time wherever the first difference is.
  private static func isEqual(_ a: [UInt8], _ b: [UInt8]) -> Bool {
    guard a.count == b.count else { return false }
    return zip(a, b).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
  }
}

private func bigEndian(_ value: UInt32) -> [UInt8] {
  withUnsafeBytes(of: value.bigEndian) { [UInt8]($0) }
}
