import Wire

/// The agent's key of `kaictl dev`: made once, kept in the data folder.
enum DevKey {
  /// The path of a key file that the server accepts.
  static func path(in data: String, address: String) async throws(WireError) -> String {
    let path = data + "/agent.key"
    let target = Target(server: try ServerAddress(address), keyPath: data + "/admin.key")
    let server = try await ServerLink.open(target, timeout: nil)
    do throws(WireError) {
      try await ensure(path, server)
    } catch {
      await server.close()
      throw error
    }
    await server.close()
    return path
  }

  private static func ensure(_ path: String, _ server: ServerLink) async throws(WireError) {
    if let kept = try? KeyFile(path: path) {
      let keys = try await server.call(Methods.keyList, Empty()).keys
      // It may have been revoked, or be of a data folder that was here before.
      if keys.contains(where: { $0.id == kept.keyId && $0.revokedAt.microseconds == 0 }) { return }
    }
    let key = try await KeyCommand.make(role: .agent, name: "kaictl dev", server)
    try AtomicFile.write("\(key.id):\(key.secret)\n", to: path, mode: 0o600, overwrite: true)
  }
}
