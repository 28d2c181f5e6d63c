import Wire

/// Which server to speak to, with which key, and who said so.
struct Target: Equatable {
  let server: ServerAddress
  let keyPath: String
  /// nil for plain text.
  let tls: ClientTLS?

  /// Where a kai-session on this machine leaves its first key.
  static let localKeyPath = "./kai-data/admin.key"
  static let localServer = "127.0.0.1:7411"

  init(server: ServerAddress, keyPath: String, tls: ClientTLS? = nil) {
    self.server = server
    self.keyPath = keyPath
    self.tls = tls
  }

  /// Options first, then the environment, then the current context, then a kai-session started in this folder.
  /// - Throws: `usage` for a bad address, `unauthenticated` when there is no key file to use.
  init(
    options: GlobalOptions, environment: (String) -> String? = { Environment[$0] }, contexts: Contexts,
    localKeyExists: Bool = LocalFile.exists(Target.localKeyPath)
  ) throws(WireError) {
    let context = contexts.currentEntry
    func set(_ name: String) -> String? { environment(name).flatMap { $0.isEmpty ? nil : $0 } }
    server = try ServerAddress(options.server ?? set("KAI_SERVER") ?? context?.server ?? Self.localServer)
    guard
      let path = options.keyFile ?? set("KAI_KEY_FILE") ?? context?.keyFile ?? (localKeyExists ? Self.localKeyPath : nil)
    else {
      throw WireError(
        .unauthenticated, "there is no key to speak to \(server) with",
        hint: "Give --key-file, set KAI_KEY_FILE, or try 'kaictl dev' first: it makes \(Self.localKeyPath).")
    }
    keyPath = path
    // What a context says of TLS is for its own server.
    let isContextsServer = options.server == nil && set("KAI_SERVER") == nil
    tls = try options.tls.wishes(set, context: isContextsServer ? context?.tls : nil).tls()
  }
}
