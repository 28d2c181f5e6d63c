import Crypto

/// Derives each key's secret from the server's master key, so that the server stores one secret however many keys there are.
public enum KeyDerivation {
  /// Bytes of a secret.
  public static let secretBytes = 32

  /// The master key in a file: 32 bytes, or 64 hex digits with white space around them; nil for anything else.
  public static func masterKey(parsing content: [UInt8]) -> [UInt8]? {
    if content.count == secretBytes { return content }
    let line = String(decoding: content, as: UTF8.self).filter { !$0.isWhitespace }
    // A key's file has the same form of secret behind its id.
    return (try? KeyFile(parsing: "k:" + line))?.secret
  }

  /// HKDF-SHA256 with an empty salt and the info `"kaiw1 key " ‖ keyId`.
  public static func secret(master: [UInt8], keyId: String) -> [UInt8] {
    let key = HKDF<SHA256>.deriveKey(
      inputKeyMaterial: SymmetricKey(data: master), info: [UInt8](("kaiw1 key " + keyId).utf8), outputByteCount: secretBytes)
    return key.withUnsafeBytes { [UInt8]($0) }
  }
}
