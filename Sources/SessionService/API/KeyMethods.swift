import Wire

/// `key.*`: who may connect.
struct KeyMethods: Sendable {
  let ring: KeyRing
  let connections: ConnectionRegistry

  func register(on router: inout Router) {
    router.write(Methods.keyCreate) { (transaction, request, _) throws(WireError) in
      try Self.create(request, ring: ring, in: transaction)
    }
    // The secret is derived again for every answer, so that it is never stored beside the idempotency key.
    router.complete(Methods.keyCreate) { key in key.secret = hex(ring.secret(key.id)) }
    router.read(Methods.keyList) { (transaction, _, _) throws(WireError) in
      let keys = try KeyRepository.all(in: transaction)
      // Those that open something come first, and of them the newest.
      let sorted = (keys.filter { $0.revokedAt.microseconds == 0 } + keys.filter { $0.revokedAt.microseconds != 0 }).fitting()
      return KeyList.with { ($0.keys, $0.omitted) = (sorted, UInt64(keys.count - sorted.count)) }
    }
    router.write(Methods.keyRevoke) { (transaction, request, _) throws(WireError) in
      try revoke(request.id, in: transaction)
    }
  }

  /// Makes a key; it is valid once this is durable.
  /// - Throws: `invalid_argument` without a role, or for limits that the role cannot have; `not_found` for a connection.
  static func create(
    _ request: KeyCreateRequest, ring: KeyRing, in transaction: any Transaction
  ) throws(WireError) -> KeyInfo {
    let role = request.role
    guard role != .unspecified else {
      throw WireError(.invalidArgument, "a key needs a role: one of \(Role.labels.joined(separator: ", "))")
    }
    guard request.connections.isEmpty || role == .user || role == .viewer else {
      throw WireError(
        .invalidArgument, "a key with the role \(role.label) cannot be limited to connections",
        hint: "Only the roles user and viewer can.")
    }
    for connection in request.connections { _ = try ConnectionRepository.get(connection, in: transaction) }
    guard request.validForMs <= Limits.keyValidityMs else {
      throw WireError(.invalidArgument, "a key is valid for ten years at most, or for ever")
    }
    guard request.requestsPerSecond == 0 || role != .agent else {
      throw WireError(
        .invalidArgument, "a key with the role agent cannot be held to a rate: its heartbeats must not wait",
        hint: "Give the nodes fewer slots, or limit those who ask.")
    }
    let key = KeyInfo.with { key in
      key.id = transaction.makeId(Identifier.key.prefix)
      key.name = request.name
      key.role = role
      key.createdAt = transaction.now
      key.connections = Set(request.connections).sorted()
      key.requestsPerSecond = request.requestsPerSecond
      key.isLimited = !request.connections.isEmpty
      if request.validForMs > 0 { key.expiresAt = transaction.now.advanced(milliseconds: Int64(request.validForMs)) }
    }
    try KeyRepository.insert(key, in: transaction)
    transaction.afterCommit { ring.put(key) }
    return key
  }

  /// Makes a key invalid and closes the connections that use it.
  private func revoke(_ id: String, in transaction: any Transaction) throws(WireError) -> KeyInfo {
    let key = try KeyRepository.get(id, in: transaction)
    if key.revokedAt.microseconds > 0 { return key }
    // One that expires cannot be counted on.
    let admins = try KeyRepository.all(in: transaction).filter {
      $0.role == .admin && $0.revokedAt.microseconds == 0 && ($0.expiresAt.microseconds == 0 || $0.id == id)
    }
    guard admins.map(\.id) != [id] else {
      throw WireError(
        .failedPrecondition, "'\(id)' is the last admin key", hint: "Make another with 'kaictl key create --role admin' first.")
    }
    try KeyRepository.revoke(id, in: transaction)
    transaction.afterCommit {
      ring.remove(id)
      connections.close(keyId: id, WireError(.unauthenticated, "the key '\(id)' was revoked"))
    }
    return try KeyRepository.get(id, in: transaction)
  }
}
