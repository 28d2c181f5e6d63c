import Glibc
import Logging
import Telemetry
import Wire

/// What the command line and the environment ask for; the command line wins.
struct Settings: Sendable, Equatable {
  let dataFolder: String
  let host: String
  let port: Int
  let masterKeyFile: String?
  let maxConnections: Int
  let maxQueued: Int
  /// In bytes.
  let maxRequestBytes: Int
  /// nil keeps them.
  let deleteIdleDays: Int?
  let readyFile: String?
  let agentKeyFile: String?
  let logLevel: Logger.Level
  let allowPlaintext: Bool
  let acceptsDamagedLog: Bool
  let tls: SecureListener.Settings?
  /// nil for no HTTP listener.
  let http: StatusAddress?
  let logFormat: LogFormat
  let traces: SpanExporter.Target?

  static let standardHTTP = "127.0.0.1:7412"

  /// - Parameter environment: the value of a variable, or nil.
  /// - Throws: `usage` that names the option.
  init(_ program: Program, environment: (String) -> String?) throws(WireError) {
    dataFolder = program.data ?? environment("KAI_SESSION_DATA") ?? "./kai-data"
    guard !dataFolder.isEmpty else { throw WireError(.usage, "--data names no folder") }
    (host, port) = try Self.address(program.listen ?? environment("KAI_SESSION_LISTEN") ?? "127.0.0.1:7411", "--listen")
    tls = try Self.tls(program, environment)
    maxConnections = try Self.count(
      program.maxConnections ?? environment("KAI_SESSION_MAX_CONNECTIONS"), "--max-connections", Limits.connections)
    maxQueued = try Self.count(program.maxQueued ?? environment("KAI_SESSION_MAX_QUEUED"), "--max-queued", Limits.queuedTasks)
    maxRequestBytes =
      1_048_576
      * (try Self.count(
        program.maxRequestMib ?? environment("KAI_SESSION_MAX_REQUEST_MIB"), "--max-request-mib", Limits.requestBytes / 1_048_576))
    if let days = program.deleteIdleDays ?? environment("KAI_SESSION_DELETE_IDLE_DAYS") {
      deleteIdleDays = try Self.count(days, "--delete-idle-days", 0, upTo: 36_500)
    } else {
      deleteIdleDays = nil
    }
    masterKeyFile = program.masterKeyFile ?? environment("KAI_SESSION_MASTER_KEY_FILE")
    agentKeyFile = program.agentKeyFile ?? environment("KAI_SESSION_AGENT_KEY_FILE")
    readyFile = program.readyFile ?? environment("KAI_SESSION_READY_FILE")
    let level = program.logLevel ?? environment("KAI_SESSION_LOG_LEVEL") ?? "info"
    guard let logLevel = Logger.Level(rawValue: level) else {
      let levels = Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")
      throw WireError(.usage, "--log-level \(quoted(level)) is none of \(levels)")
    }
    self.logLevel = logLevel
    allowPlaintext = program.allowPlaintext || environment("KAI_SESSION_ALLOW_PLAINTEXT") == "true"
    acceptsDamagedLog = program.acceptDamagedLog || environment("KAI_SESSION_ACCEPT_DAMAGED_LOG") == "true"
    http = try StatusAddress.parse(program.http ?? environment("KAI_SESSION_HTTP"), standard: Self.standardHTTP)
    let format = program.logFormat ?? environment("KAI_SESSION_LOG_FORMAT") ?? "text"
    guard let logFormat = LogFormat(rawValue: format) else {
      throw WireError(.usage, "--log-format must be text or json, not \(quoted(format))")
    }
    self.logFormat = logFormat
    traces = try SpanExporter.Target.parse(program.traces ?? environment("KAI_SESSION_TRACES"))
  }

  private static func count(
    _ text: String?, _ option: String, _ standard: Int, upTo most: Int = 10_000_000
  ) throws(WireError) -> Int {
    guard let text else { return standard }
    guard let count = Int(text), (1...most).contains(count) else {
      throw WireError(.usage, "\(option) \(quoted(text)) must be 1...\(most)")
    }
    return count
  }

  private static func tls(
    _ program: Program, _ environment: (String) -> String?
  ) throws(WireError) -> SecureListener.Settings? {
    let certificate = program.tlsCert ?? environment("KAI_SESSION_TLS_CERT")
    let key = program.tlsKey ?? environment("KAI_SESSION_TLS_KEY")
    let clientCA = program.tlsClientCa ?? environment("KAI_SESSION_TLS_CLIENT_CA")
    let revoked = program.tlsRevoked ?? environment("KAI_SESSION_TLS_REVOKED")
    guard let listen = program.tlsListen ?? environment("KAI_SESSION_TLS_LISTEN") else {
      guard certificate == nil, key == nil, clientCA == nil, revoked == nil else {
        throw WireError(.usage, "TLS needs --tls-listen")
      }
      return nil
    }
    guard let certificate, let key else { throw WireError(.usage, "--tls-listen needs --tls-cert and --tls-key") }
    guard revoked == nil || clientCA != nil else { throw WireError(.usage, "--tls-revoked needs --tls-client-ca") }
    let (host, port) = try address(listen, "--tls-listen")
    return SecureListener.Settings(
      host: host, port: port,
      files: ServerTLS.Files(certificate: certificate, key: key, clientCA: clientCA, revoked: revoked))
  }

  /// `HOST:PORT`, an IPv6 host in brackets.
  private static func address(_ text: String, _ option: String) throws(WireError) -> (host: String, port: Int) {
    guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]), (0...65_535).contains(port)
    else { throw WireError(.usage, "\(option) \(quoted(text)) must be HOST:PORT, with a port of 0 to 65535") }
    var host = text[..<colon]
    if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
    guard !host.isEmpty else { throw WireError(.usage, "\(option) \(quoted(text)) names no host") }
    return (String(host), port)
  }
}
