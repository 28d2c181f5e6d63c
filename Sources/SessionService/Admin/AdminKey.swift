import Wire

/// The first key, without which nobody could make another.
enum AdminKey {
  static let fileName = "admin.key"

  /// Makes an admin key and its file when no key exists yet; writes the file again when it is missing and the first admin key
  /// is still valid.
  /// - Returns: false when there is a file, and what it holds is no valid key.
  /// - Throws: `local_io`, or what the store says.
  static func ensure(in folder: DataFolder, store: some Store, ring: KeyRing) async throws(WireError) -> Bool {
    if let bytes = try folder.read(fileName) {
      guard let known = try? KeyFile(parsing: String(decoding: bytes, as: UTF8.self)) else { return false }
      return ring.key(known.keyId)?.secret == known.secret
    }
    let key = try await store.write { (transaction) throws(WireError) in
      let admins = try KeyRepository.all(in: transaction).filter {
        $0.role == .admin && $0.revokedAt.microseconds == 0 && $0.expiresAt.microseconds == 0
      }
      if let first = admins.last { return first }
      return try KeyMethods.create(.with { ($0.name, $0.role) = ("admin", .admin) }, ring: ring, in: transaction)
    }
    let file = KeyFile(keyId: key.id, secret: ring.secret(key.id))
    try folder.write(fileName, [UInt8]((file.text + "\n").utf8))
    return true
  }
}
