import Foundation

/// Authorities and certificates made with OpenSSL, in a folder of their own.
public struct TestCertificates {
  public let folder: String

  struct Failure: Error { let text: String }

  public init() throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "kai-tls-\(UUID().uuidString.prefix(8))").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  }

  public func remove() { try? FileManager.default.removeItem(atPath: folder) }

  public func path(_ name: String) -> String { folder + "/" + name }

  /// `NAME.pem` and `NAME.key` of an authority.
  public func makeAuthority(_ name: String) throws {
    try openssl(
      "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30", "-subj", "/CN=\(name)",
      "-keyout", path(name + ".key"), "-out", path(name + ".pem"))
  }

  /// `NAME.pem` and `NAME.key`, signed by an authority.
  /// - Parameter days: negative for one that has ended.
  public func make(_ name: String, by authority: String, for host: String = "IP:127.0.0.1,DNS:localhost", days: Int = 30) throws {
    try openssl(
      "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=\(name)", "-keyout",
      path(name + ".key"), "-out", path(name + ".csr"))
    try "subjectAltName=\(host)\n".write(toFile: path(name + ".ext"), atomically: true, encoding: .utf8)
    try openssl(
      "x509", "-req", "-in", path(name + ".csr"), "-CA", path(authority + ".pem"), "-CAkey", path(authority + ".key"),
      "-CAcreateserial", "-days", "\(days)", "-extfile", path(name + ".ext"), "-out", path(name + ".pem"))
  }

  /// The SHA-256 of a certificate, as people write it.
  public func fingerprint(_ name: String) throws -> String {
    let text = try openssl("x509", "-in", path(name + ".pem"), "-noout", "-fingerprint", "-sha256")
    return String(text.split(separator: "=").last ?? "").trimmingCharacters(in: .whitespacesAndNewlines)
  }

  /// - Throws: when it ends with another code than 0, unless that is no matter.
  @discardableResult
  public func openssl(_ arguments: String..., input: String = "", expectsSuccess: Bool = true) throws -> String {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/openssl")
    process.arguments = arguments
    let (output, stdin) = (Pipe(), Pipe())
    process.standardOutput = output
    process.standardError = output
    process.standardInput = stdin
    try process.run()
    try stdin.fileHandleForWriting.write(contentsOf: Data(input.utf8))
    try stdin.fileHandleForWriting.close()
    let text = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
    process.waitUntilExit()
    if expectsSuccess, process.terminationStatus != 0 { throw Failure(text: "openssl \(arguments): \(text)") }
    return text
  }
}
