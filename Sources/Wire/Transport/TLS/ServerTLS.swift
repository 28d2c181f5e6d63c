import NIOCore
import NIOSSL
import Synchronization

/// A server's certificate and whom it lets in, read from files and again when they change. TLS 1.3 and nothing older.
public final class ServerTLS: Sendable {
  public struct Files: Sendable, Equatable {
    /// The server's certificate in PEM, with what leads to its authority.
    public var certificate: String
    public var key: String
    /// The authorities of clients' certificates in PEM; nil when clients need none.
    public var clientCA: String?
    /// SHA-256 fingerprints of clients' certificates that are no longer good, one a line, `#` for remarks; nil for none.
    public var revoked: String?

    public init(certificate: String, key: String, clientCA: String? = nil, revoked: String? = nil) {
      self.certificate = certificate
      self.key = key
      self.clientCA = clientCA
      self.revoked = revoked
    }
  }

  struct Material: Sendable {
    let context: NIOSSLContext
    /// SHA-256 of the server's certificate.
    let fingerprint: [UInt8]
    let revoked: Set<[UInt8]>
    /// Seconds since 1970.
    let expiresAt: Int64
    let stamps: [FileStamp]
  }

  private let files: Files
  private let material: Mutex<Material>

  /// - Throws: `tls_failed` that names the file.
  public init(_ files: Files) throws(WireError) {
    self.files = files
    material = Mutex(try Self.load(files))
  }

  var current: Material { material.withLock { $0 } }

  /// When the server's certificate ends, in seconds since 1970.
  public var expiresAt: Int64 { current.expiresAt }

  /// Reads the files again if one of them has changed. Connections that are open stay as they are, but for those whose client's
  /// certificate was revoked.
  /// - Returns: whether something changed.
  /// - Throws: `tls_failed`; what was there before still holds then.
  public func reload() throws(WireError) -> Bool {
    guard Self.stamps(files) != current.stamps else { return false }
    let new = try Self.load(files)
    material.withLock { $0 = new }
    return true
  }

  private static func load(_ files: Files) throws(WireError) -> Material {
    // Before the files, so that a change meanwhile is seen the next time.
    let stamps = stamps(files)
    let chain = try TLSFiles.certificates(files.certificate)
    guard let first = chain.first, let fingerprint = TLSFiles.fingerprint(first) else {
      throw WireError(.tlsFailed, "the certificate in '\(files.certificate)' cannot be read")
    }
    var configuration = TLSConfiguration.makeServerConfiguration(
      certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(try TLSFiles.privateKey(files.key)))
    configuration.minimumTLSVersion = .tlsv13
    if let clientCA = files.clientCA {
      configuration.trustRoots = .certificates(try TLSFiles.certificates(clientCA))
      configuration.certificateVerification = .noHostnameVerification
    }
    let context: NIOSSLContext
    do { context = try NIOSSLContext(configuration: configuration) } catch {
      throw WireError(
        .tlsFailed, "the certificate in '\(files.certificate)' and the key in '\(files.key)' do not go together")
    }
    return Material(
      context: context, fingerprint: fingerprint, revoked: try revoked(files.revoked), expiresAt: Int64(first.notValidAfter),
      stamps: stamps)
  }

  private static func revoked(_ path: String?) throws(WireError) -> Set<[UInt8]> {
    guard let path else { return [] }
    guard let text = FileStamp.text(of: path) else { throw WireError(.tlsFailed, "'\(path)' cannot be read") }
    var found: Set<[UInt8]> = []
    for line in text.split(whereSeparator: \.isNewline) {
      let entry = line.prefix { $0 != "#" }.filter { !$0.isWhitespace }
      if !entry.isEmpty { found.insert(try ClientTLS.pin(parsing: entry)) }
    }
    return found
  }

  private static func stamps(_ files: Files) -> [FileStamp] {
    [files.certificate, files.key, files.clientCA, files.revoked].compactMap { $0.map(FileStamp.init) }
  }
}
