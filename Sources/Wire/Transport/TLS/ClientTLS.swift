import Crypto
import NIOCore
import NIOSSL

/// How a client speaks TLS, and whom it believes. TLS 1.3 and nothing older.
public struct ClientTLS: Sendable, Equatable {
  /// A PEM file of the authorities that are trusted; nil for the system's.
  public var caFile: String?
  /// SHA-256 of the server's certificate (DER), 32 bytes: this one and no other. Without ``caFile`` it is all that is checked.
  public var pin: [UInt8]?
  /// The name that the certificate must be for; nil for the host that is connected to.
  public var serverName: String?
  /// PEM files of the client's own certificate, with what leads to its authority, and of its key.
  public var certificate: (chain: String, key: String)?

  public init() {}

  /// Reads a pin as people write it: 64 hex digits, with or without colons.
  /// - Throws: `usage`
  public static func pin(parsing text: String) throws(WireError) -> [UInt8] {
    let digits = text.filter { $0 != ":" }
    let bytes = stride(from: 0, to: digits.count, by: 2).compactMap { place -> UInt8? in
      let start = digits.index(digits.startIndex, offsetBy: place)
      return UInt8(digits[start...].prefix(2), radix: 16)
    }
    guard digits.utf8.count == 64, bytes.count == 32, digits.allSatisfy(\.isHexDigit) else {
      throw WireError(
        .usage, "a pin must be the 64 hex digits of a certificate's SHA-256",
        hint: "openssl x509 -in cert.pem -noout -fingerprint -sha256")
    }
    return bytes
  }

  /// What a command line, the environment or a context says of TLS, each as it was written.
  public struct Wishes: Sendable, Equatable {
    public var on = false
    public var ca: String?
    public var pin: String?
    public var name: String?
    public var certificate: String?
    public var key: String?

    public init() {}

    /// nil for plain text: nothing was said.
    /// - Throws: `usage`
    public func tls() throws(WireError) -> ClientTLS? {
      guard on || ca != nil || pin != nil || name != nil || certificate != nil || key != nil else { return nil }
      var tls = ClientTLS()
      tls.caFile = ca
      tls.pin = try pin.map { (text) throws(WireError) in try ClientTLS.pin(parsing: text) }
      tls.serverName = name
      guard (certificate == nil) == (key == nil) else {
        throw WireError(.usage, "--tls-cert and --tls-key are given together or not at all")
      }
      if let certificate, let key { tls.certificate = (certificate, key) }
      return tls
    }
  }

  /// When the client's own certificate ends, in seconds since 1970; nil without one.
  /// - Throws: `tls_failed`
  public func certificateEnd() throws(WireError) -> Int64? {
    guard let certificate else { return nil }
    return try TLSFiles.certificates(certificate.chain).first.map { Int64($0.notValidAfter) }
  }

  public static func == (a: ClientTLS, b: ClientTLS) -> Bool {
    a.caFile == b.caFile && a.pin == b.pin && a.serverName == b.serverName && a.certificate?.chain == b.certificate?.chain
      && a.certificate?.key == b.certificate?.key
  }

  /// Reads the files. Done for each connection, so that renewed ones count.
  /// - Throws: `tls_failed` that names the file.
  func handler(host: String) throws(WireError) -> NIOSSLClientHandler {
    var configuration = TLSConfiguration.makeClientConfiguration()
    configuration.minimumTLSVersion = .tlsv13
    if let caFile {
      configuration.trustRoots = .certificates(try TLSFiles.certificates(caFile))
    } else if pin != nil {
      // The pin is checked as soon as the certificate is there, before anything is said.
      configuration.certificateVerification = .none
    }
    if let certificate {
      configuration.certificateChain = try TLSFiles.certificates(certificate.chain).map { .certificate($0) }
      configuration.privateKey = .privateKey(try TLSFiles.privateKey(certificate.key))
    }
    do {
      let context = try NIOSSLContext(configuration: configuration)
      let name = serverName ?? host
      // An address is compared with those in the certificate.
      let isAddress = (try? SocketAddress(ipAddress: name, port: 0)) != nil
      return try NIOSSLClientHandler(context: context, serverHostname: isAddress ? nil : name)
    } catch {
      throw TLSFailure.error(error)
    }
  }
}

/// Certificates and keys from files.
enum TLSFiles {
  /// - Throws: `tls_failed`
  static func certificates(_ path: String) throws(WireError) -> [NIOSSLCertificate] {
    do {
      let found = try NIOSSLCertificate.fromPEMFile(path)
      if !found.isEmpty { return found }
    } catch {}
    throw WireError(.tlsFailed, "there is no certificate to be read in '\(path)'", hint: "It must be a PEM file.")
  }

  static func privateKey(_ path: String) throws(WireError) -> NIOSSLPrivateKey {
    do { return try NIOSSLPrivateKey(file: path, format: .pem) } catch {
      throw WireError(
        .tlsFailed, "there is no private key to be read in '\(path)'", hint: "It must be a PEM file without a passphrase.")
    }
  }

  /// SHA-256 of the certificate as DER.
  static func fingerprint(_ certificate: NIOSSLCertificate) -> [UInt8]? {
    (try? certificate.toDERBytes()).map { Array(SHA256.hash(data: $0)) }
  }
}

/// What went wrong with TLS, in words for people.
enum TLSFailure {
  static func error(_ error: any Error) -> WireError {
    WireError(.tlsFailed, sentence(error), hint: hint(error))
  }

  /// Whether an error of a connection is one of TLS and not of the network below it.
  static func isOne(_ error: any Error) -> Bool {
    if let error = error as? NIOSSLError {
      if case .uncleanShutdown = error { return false }
      return true
    }
    return error is BoringSSLError || error is NIOSSLExtraError
  }

  private static func sentence(_ error: any Error) -> String {
    let text = "\(error)"
    if text.contains("CERTIFICATE_VERIFY_FAILED") { return "the server's certificate is not one that is trusted" }
    if text.contains("WRONG_VERSION_NUMBER") || text.contains("eofDuringHandshake") || text.contains("EOF during handshake") {
      return "the other side does not speak TLS here"
    }
    if text.contains("CERTIFICATE_REQUIRED") { return "the server wants a certificate of the client" }
    if text.contains("PROTOCOL_VERSION") || text.contains("UNSUPPORTED_PROTOCOL") {
      return "both sides have no version of TLS in common"
    }
    if let error = error as? NIOSSLExtraError, error == .failedToValidateHostname {
      return "the server's certificate is for another name"
    }
    return "TLS failed: \(text.prefix(300))"
  }

  private static func hint(_ error: any Error) -> String {
    "\(error)".contains("CERTIFICATE_VERIFY_FAILED")
      ? "Check that --tls-ca names the authority that signed it, and that it is valid today." : ""
  }
}
