import Crypto
import FoundationEssentials
import Wire

/// Seals secrets that must be stored, with AES-256-GCM under a key derived from the master key.
struct SecretVault: Sendable {
  private let key: SymmetricKey

  init(master: [UInt8]) {
    key = HKDF<SHA256>.deriveKey(
      inputKeyMaterial: SymmetricKey(data: master), info: [UInt8]("kai connection uri".utf8), outputByteCount: 32)
  }

  /// - Parameter owner: the id of the thing that the secret belongs to; it opens for that one only.
  /// - Throws: `internal_error`
  func seal(_ secret: String, owner: String) throws(WireError) -> [UInt8] {
    do {
      let box = try AES.GCM.seal([UInt8](secret.utf8), using: key, authenticating: [UInt8](owner.utf8))
      return [UInt8](box.nonce) + [UInt8](box.ciphertext) + [UInt8](box.tag)
    } catch { throw WireError(.internalError, "a secret of '\(owner)' could not be sealed") }
  }

  /// Opens the secrets of keys, each sealed as hex for its id.
  /// - Throws: `corrupt`
  func secrets(_ sealed: [String: [UInt8]]) throws(WireError) -> [String: [UInt8]] {
    var opened: [String: [UInt8]] = [:]
    for (id, secret) in sealed { opened[id] = try KeyFile(parsing: id + ":" + (try open(secret, owner: id))).secret }
    return opened
  }

  /// - Throws: `corrupt` when it was changed, sealed for another owner or under another master key.
  func open(_ sealed: [UInt8], owner: String) throws(WireError) -> String {
    do {
      let box = try AES.GCM.SealedBox(combined: sealed)
      let secret = try AES.GCM.open(box, using: key, authenticating: [UInt8](owner.utf8))
      return String(decoding: secret, as: UTF8.self)
    } catch {
      throw WireError(
        .corrupt, "the stored secret of '\(owner)' cannot be opened with this master key",
        hint: "Put the master.key back that belongs to this data folder, or set the secret anew.")
    }
  }
}
