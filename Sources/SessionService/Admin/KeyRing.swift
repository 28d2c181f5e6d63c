import Synchronization
import Wire

/// The valid keys, in memory: the handshake asks on the event loop. Secrets are derived from the master key; those of keys that are
/// older than it are brought.
final class KeyRing: KeyDirectory {
  private struct Right {
    let role: Role
    let limits: KeyLimits
  }

  private let master: [UInt8]
  private let older: [String: [UInt8]]
  private let now: @Sendable () -> Timestamp
  private let rights = Mutex<[String: Right]>([:])

  /// - Parameter older: the secrets that are not derived from the master key.
  init(
    master: [UInt8], keys: [KeyInfo], older: [String: [UInt8]] = [:], now: @escaping @Sendable () -> Timestamp
  ) {
    self.master = master
    self.older = older
    self.now = now
    for key in keys where key.revokedAt.microseconds == 0 { put(key) }
  }

  func key(_ keyId: String) -> AuthenticationKey? {
    validRight(keyId).map { AuthenticationKey(secret: secret(keyId), role: $0.role, limits: $0.limits) }
  }

  /// Whether a key is there, was not revoked and has not expired.
  func isValid(_ keyId: String) -> Bool { validRight(keyId) != nil }

  private func validRight(_ keyId: String) -> Right? {
    guard let right = rights.withLock({ $0[keyId] }) else { return nil }
    if let end = right.limits.expiresAt, end <= now() { return nil }
    return right
  }

  /// The secret that belongs to an id, valid or not.
  func secret(_ keyId: String) -> [UInt8] {
    older[keyId] ?? KeyDerivation.secret(master: master, keyId: keyId)
  }

  /// Adds a key, or replaces what it may do.
  func put(_ key: KeyInfo) {
    let limits = KeyLimits(
      connections: key.isLimited ? Set(key.connections) : nil,
      expiresAt: key.expiresAt.microseconds > 0 ? key.expiresAt : nil,
      requestsPerSecond: key.requestsPerSecond > 0 ? key.requestsPerSecond : nil)
    rights.withLock { $0[key.id] = Right(role: key.role, limits: limits) }
  }

  func remove(_ keyId: String) {
    _ = rights.withLock { $0.removeValue(forKey: keyId) }
  }
}
