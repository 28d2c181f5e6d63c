import ArgumentParser
import Glibc
import Logging
import Telemetry
import Wire

/// The flags as they were written.
package struct AgentOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Where kai-session is.", valueName: "host:port")) var server: String?
  @Option(help: ArgumentHelp("The file with the node's key, one line KEYID:SECRET.", valueName: "file")) var keyFile: String?
  @Flag(help: "Speak TLS, and trust the system's authorities; the options below say it too.") var tls = false
  @Option(help: ArgumentHelp("The authorities that kai-session's certificate is trusted by, in PEM.", valueName: "file"))
  var tlsCa: String?
  @Option(help: ArgumentHelp("The SHA-256 of kai-session's certificate, in hex: no other is spoken to.", valueName: "hex"))
  var tlsPin: String?
  @Option(help: ArgumentHelp("The name in the certificate (default: the host of --server).", valueName: "name")) var tlsName:
    String?
  @Option(help: ArgumentHelp("This node's own certificate, in PEM.", valueName: "file")) var tlsCert: String?
  @Option(help: ArgumentHelp("The key of this node's own certificate, in PEM.", valueName: "file")) var tlsKey: String?
  @Option(help: ArgumentHelp("How many tasks run at once (default: 8).", valueName: "n")) var slots: String?
  @Option(help: ArgumentHelp("The folder of working copies (default: ./agent_results).", valueName: "dir")) var results: String?
  @Option(help: "The node's name (default: the host's).") var name: String?
  @Option(name: .customLong("label"), help: ArgumentHelp("A label, for tasks to choose nodes by.", valueName: "k=v"))
  var labels: [String] = []
  @Option(
    help: ArgumentHelp(
      "Hosts that users' databases may be on: any (but this machine), loopback, unix (its sockets), names, *.domain, blocks such as 10.0.0.0/8 (default: any).",
      valueName: "list"))
  var databasesHosts: String?
  @Option(
    name: .customLong("databases-root"),
    help: ArgumentHelp("A folder that SQLite files may be in, with what is below it (default: everywhere).", valueName: "dir"))
  var databasesRoots: [String] = []
  @Option(
    help: ArgumentHelp(
      "The authorities, in PEM, of databases with sslmode=verify-full or verify-ca (default: the system's).", valueName: "file"))
  var databasesCaFile: String?
  @Option(
    help: ArgumentHelp(
      "What all statements on SQLite files together may take of memory, 16...65536 MiB (default: 256).", valueName: "mib"))
  var sqlMemoryMib: String?
  @Option(help: ArgumentHelp("offline, openai:MODEL or anthropic:MODEL (default: offline).", valueName: "spec")) var model:
    String?
  @Option(help: ArgumentHelp("The base address of the model's server.", valueName: "url")) var modelUrl: String?
  @Option(help: ArgumentHelp("The file with the model's key.", valueName: "file")) var modelKeyFile: String?
  @Option(help: ArgumentHelp("Tokens that the model can read at once, 4000 or more (default: 64000).", valueName: "n"))
  var modelContext: String?
  @Option(help: ArgumentHelp("Prices of a million of the model's tokens, for budgets in money.", valueName: "in:out"))
  var modelPrices: String?
  @Option(help: ArgumentHelp("The proxy to the model's server (default: https_proxy, no_proxy).", valueName: "url"))
  var modelProxy: String?
  @Option(
    help: ArgumentHelp("Certificates in PEM that the model's server is trusted by (default: the system's).", valueName: "file"))
  var modelCaFile: String?
  @Option(
    help: ArgumentHelp(
      "How tools are shown to it: native, or text or json for models that know no other (default: native).", valueName: "form"))
  var modelTools: String?
  @Option(help: ArgumentHelp("0...2 (default: the server's).", valueName: "n")) var modelTemperature: String?
  @Option(
    help: ArgumentHelp(
      "For recall by likeness: none, static:TABLE.safetensors or openai:MODEL (default: none).", valueName: "spec"))
  var embedder: String?
  @Option(help: ArgumentHelp("The base address of the embedder's server (default: the model's).", valueName: "url"))
  var embedderUrl: String?
  @Option(
    help: ArgumentHelp(
      "How long a turn waits for what was taught before it begins without, 10...60000 (default: 50).", valueName: "ms"))
  var learningDeadline: String?
  @Option(
    help: ArgumentHelp(
      "Whether a language model reads each turn again after the answer, for what is worth keeping: on or off (default: off).",
      valueName: "on|off"))
  var extraction: String?
  @Option(
    help: ArgumentHelp(
      "Keys that steps and artifacts are sealed with, end to end: 64 hex digits a line, the newest first.", valueName: "file"))
  var sealingKeyFile: String?
  @Option(help: ArgumentHelp("trace, debug, info, notice, warning, error or critical (default: info).", valueName: "level"))
  var logLevel: String?
  @Option(help: ArgumentHelp("Where /healthz, /readyz and /metrics are served, or off (default: off).", valueName: "host:port"))
  var http: String?
  @Option(help: ArgumentHelp("text or json, one object a line (default: text).", valueName: "form")) var logFormat: String?
  @Option(
    help: ArgumentHelp("Where spans of traces go: a file, or a collector's address (default: off).", valueName: "file|url"))
  var traces: String?
  @Flag(help: "Ask the kai-agent that runs with these settings whether it is ready, over its --http; exit code 0 says yes.")
  package var probe = false
  @Option(help: ArgumentHelp("Gets the node's id as JSON each time it is attached.", valueName: "file")) var readyFile: String?

  package init() {}

  /// What `--name` says.
  package var nodeName: String? { name }
}

/// What the flags and the environment come to.
struct AgentSettings: Sendable {
  var server: (host: String, port: Int)
  var key: KeyFile
  /// nil for plain text.
  var tls: ClientTLS?
  var node: NodeConfiguration
  /// In bytes; of all statements on SQLite files.
  var sqlMemory: Int64
  var model: ModelSettings
  /// See ``EmbedderSpec``.
  var embedder: String
  var embedderUrl: String?
  var logLevel: Logger.Level
  var logFormat: LogFormat
  /// nil for no traces.
  var traces: SpanExporter.Target?
  /// nil for no HTTP listener.
  var http: StatusAddress?
  var readyFile: String?

  static let maxSlots: UInt32 = 10_000

  /// - Throws: `usage` that names the flag; `local_io` or `unauthenticated` for the key file.
  init(_ options: AgentOptions, environment: (String) -> String?) throws(WireError) {
    func value(_ flag: String?, _ name: String, _ others: String...) -> String? {
      flag ?? (["KAI_AGENT_\(name)"] + others).compactMap(environment).first
    }
    server = try Self.address(value(options.server, "SERVER", "KAI_SERVER") ?? "127.0.0.1:7411")
    guard let keyPath = value(options.keyFile, "KEY_FILE", "KAI_KEY_FILE") else {
      throw WireError(.usage, "no key: give --key-file or set KAI_KEY_FILE")
    }
    key = try KeyFile(parsing: try SmallFile.text(of: keyPath))
    var wishes = ClientTLS.Wishes()
    wishes.on = options.tls || ["on", "true", "1"].contains(value(nil, "TLS", "KAI_TLS") ?? "")
    wishes.ca = value(options.tlsCa, "TLS_CA", "KAI_TLS_CA")
    wishes.pin = value(options.tlsPin, "TLS_PIN", "KAI_TLS_PIN")
    wishes.name = value(options.tlsName, "TLS_NAME", "KAI_TLS_NAME")
    wishes.certificate = value(options.tlsCert, "TLS_CERT", "KAI_TLS_CERT")
    wishes.key = value(options.tlsKey, "TLS_KEY", "KAI_TLS_KEY")
    tls = try wishes.tls()
    let slotsText = value(options.slots, "SLOTS") ?? "8"
    guard let slots = UInt32(slotsText), (1...Self.maxSlots).contains(slots) else {
      throw WireError(.usage, "--slots must be 1...\(Self.maxSlots), not '\(slotsText)'")
    }
    let labels =
      options.labels.isEmpty
      ? (environment("KAI_AGENT_LABEL") ?? "").split(separator: ",").map(String.init) : options.labels
    node = NodeConfiguration(
      name: value(options.name, "NAME") ?? Self.hostName(), slots: slots,
      labels: try labels.map { (text) throws(WireError) in try Label(parsing: text) },
      version: Release.version,
      results: value(options.results, "RESULTS") ?? "./agent_results")
    let memory = value(options.sqlMemoryMib, "SQL_MEMORY_MIB") ?? "256"
    guard let mebibytes = Int64(memory), (16...65_536).contains(mebibytes) else {
      throw WireError(.usage, "--sql-memory-mib must be 16...65536, not '\(memory)'")
    }
    sqlMemory = mebibytes * 1024 * 1024
    node.databases = try Self.databases(options, results: node.results, environment)
    let deadline = value(options.learningDeadline, "LEARNING_DEADLINE") ?? "50"
    guard let milliseconds = Int64(deadline), (10...60_000).contains(milliseconds) else {
      throw WireError(.usage, "--learning-deadline must be 10...60000 milliseconds, not '\(deadline)'")
    }
    node.learningDeadline = .milliseconds(milliseconds)
    let extraction = value(options.extraction, "EXTRACTION") ?? "off"
    guard ["on", "off"].contains(extraction) else {
      throw WireError(.usage, "--extraction must be on or off, not '\(extraction)'")
    }
    node.extracts = extraction == "on"
    node.sealingKeys = try value(options.sealingKeyFile, "SEALING_KEY_FILE", "KAI_SEALING_KEY_FILE").map {
      (path) throws(WireError) in try SealingKeys(parsing: Array(try SmallFile.text(of: path).utf8), path: path)
    }
    model = ModelSettings(
      spec: value(options.model, "MODEL") ?? "offline", url: value(options.modelUrl, "MODEL_URL"),
      keyFile: value(options.modelKeyFile, "MODEL_KEY_FILE"))
    embedder = value(options.embedder, "EMBEDDER") ?? "none"
    embedderUrl = value(options.embedderUrl, "EMBEDDER_URL")
    _ = try EmbedderSpec(parsing: embedder)
    let context = value(options.modelContext, "MODEL_CONTEXT") ?? "\(RemoteCall.contextTokens)"
    guard let tokens = Int(context), (4_000...10_000_000).contains(tokens) else {
      throw WireError(.usage, "--model-context must be 4000...10000000, not '\(context)'")
    }
    model.contextTokens = tokens
    model.route = HTTPRoute(
      proxy: try Self.proxy(value(options.modelProxy, "MODEL_PROXY")), caFile: value(options.modelCaFile, "MODEL_CA_FILE"))
    if let caFile = model.route.caFile, access(caFile, R_OK) != 0 {
      throw WireError(.localIo, "--model-ca-file: '\(caFile)' cannot be read: \(String(cString: strerror(errno)))")
    }
    traces = try SpanExporter.Target.parse(value(options.traces, "TRACES"))
    model.prices = try value(options.modelPrices, "MODEL_PRICES").map { (text) throws(WireError) in
      try ModelPrices(parsing: text)
    }
    let tools = value(options.modelTools, "MODEL_TOOLS") ?? "native"
    guard let form = ModelHabits.Tools(rawValue: tools) else {
      throw WireError(.usage, "--model-tools must be native, text or json, not '\(tools)'")
    }
    model.habits.tools = form
    if let text = value(options.modelTemperature, "MODEL_TEMPERATURE") {
      guard let temperature = Double(text), (0...2).contains(temperature) else {
        throw WireError(.usage, "--model-temperature must be 0...2, not '\(text)'")
      }
      model.habits.temperature = temperature
    }
    readyFile = value(options.readyFile, "READY_FILE")
    http = try StatusAddress.parse(value(options.http, "HTTP"), standard: nil)
    let format = value(options.logFormat, "LOG_FORMAT") ?? "text"
    guard let logFormat = LogFormat(rawValue: format) else {
      throw WireError(.usage, "--log-format must be text or json, not '\(format)'")
    }
    self.logFormat = logFormat
    let level = value(options.logLevel, "LOG_LEVEL") ?? "info"
    guard let logLevel = Logger.Level(rawValue: level) else {
      throw WireError(.usage, "--log-level must be one of \(Logger.Level.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    self.logLevel = logLevel
  }

  /// Writes the ready file, whole or not at all.
  func announce(nodeId: String) {
    guard let readyFile else { return }
    SmallFile.replace(readyFile, with: #"{"node_id":"\#(nodeId)"}"# + "\n")
  }

  private static func databases(
    _ options: AgentOptions, results: String, _ environment: (String) -> String?
  ) throws(WireError) -> DatabaseAccess {
    var access = DatabaseAccess()
    if let hosts = options.databasesHosts ?? environment("KAI_AGENT_DATABASES_HOSTS") {
      access.hosts = try DatabaseHosts(parsing: hosts)
    }
    let listed = (environment("KAI_AGENT_DATABASES_ROOT") ?? "").split(separator: ",").map { String($0) }
    access.folders = try DatabaseFolders(
      roots: options.databasesRoots.isEmpty ? listed : options.databasesRoots, refused: [results])
    if let caFile = options.databasesCaFile ?? environment("KAI_AGENT_DATABASES_CA_FILE") {
      guard Glibc.access(caFile, R_OK) == 0 else {
        throw WireError(.localIo, "--databases-ca-file: '\(caFile)' cannot be read: \(String(cString: strerror(errno)))")
      }
      access.caFile = caFile
    }
    return access
  }

  private static func address(_ text: String) throws(WireError) -> (host: String, port: Int) {
    guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]), (1...65_535).contains(port),
      colon != text.startIndex
    else { throw WireError(.usage, "--server must be HOST:PORT, not '\(text)'") }
    let host = text[..<colon]
    return (host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : String(host), port)
  }

  /// - Throws: `usage`, without what may be a password.
  private static func proxy(_ text: String?) throws(WireError) -> String? {
    guard let text else { return nil }
    let schemes = ["http://", "https://", "socks5://", "socks5h://"]
    guard let scheme = schemes.first(where: text.lowercased().hasPrefix), text.utf8.count > scheme.utf8.count,
      text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f })
    else { throw WireError(.usage, "--model-proxy must begin with \(schemes.joined(separator: ", ")) and name a host") }
    return text
  }

  private static func hostName() -> String {
    var name = [CChar](repeating: 0, count: 256)
    guard gethostname(&name, name.count - 1) == 0 else { return "node" }
    return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
