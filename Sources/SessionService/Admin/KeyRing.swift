import Synchronization
import Wire

/// The valid keys, in memory: the handshake asks on the event loop. Secrets are derived, never stored.
final class KeyRing: KeyDirectory {
  private let master: [UInt8]
  private let roles: Mutex<[String: Role]>

  init(master: [UInt8], keys: [KeyInfo]) {
    self.master = master
    var roles: [String: Role] = [:]
    for key in keys where key.revokedAt.microseconds == 0 { roles[key.id] = key.role }
    self.roles = Mutex(roles)
  }

  func key(_ keyId: String) -> AuthenticationKey? {
    guard let role = roles.withLock({ $0[keyId] }) else { return nil }
    return AuthenticationKey(secret: secret(keyId), role: role)
  }

  /// The secret that belongs to an id, valid or not.
  func secret(_ keyId: String) -> [UInt8] {
    KeyDerivation.secret(master: master, keyId: keyId)
  }

  func add(_ keyId: String, role: Role) {
    roles.withLock { $0[keyId] = role }
  }

  func remove(_ keyId: String) {
    _ = roles.withLock { $0.removeValue(forKey: keyId) }
  }
}
