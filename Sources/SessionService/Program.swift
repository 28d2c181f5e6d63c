import ArgumentParser
import CoreMetrics
import Glibc
import Logging
import NIOCore
import NIOPosix
import ServiceLaunch
import Telemetry
import UnixSignals
import Wire

/// `kai-session`: owns every durable fact and serves it over the Wire protocol.
@main
struct Program: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "kai-session",
    abstract: "Keeps sessions, checkpoints, tasks and memory, and hands tasks to kai-agent nodes.",
    discussion: "Every option may also be given in the environment, as KAI_SESSION_ and its name in capitals with '_'.",
    version: "kai-session \(Release.version)")

  @Option(help: "The folder that holds everything durable. Default: ./kai-data")
  var data: String?

  @Option(help: "Where to listen, HOST:PORT; port 0 lets the system choose. Default: 127.0.0.1:7411")
  var listen: String?

  @Option(help: "Where to listen for TLS, HOST:PORT; needs --tls-cert and --tls-key. Default: nowhere")
  var tlsListen: String?

  @Option(
    help:
      "The server's certificate in PEM, with what leads to its authority. It and the other TLS files are read again when they change."
  )
  var tlsCert: String?

  @Option(help: "The certificate's private key in PEM.")
  var tlsKey: String?

  @Option(help: "The authorities of clients' certificates in PEM; clients need a certificate then.")
  var tlsClientCa: String?

  @Option(help: "Fingerprints (SHA-256, hex) of clients' certificates that are good no more, one a line.")
  var tlsRevoked: String?

  @Option(help: "The file of the master key, 32 bytes or 64 hex digits. Default: master.key in the data folder")
  var masterKeyFile: String?

  @Flag(help: "Put another master key in the place of the one that holds, and end; no service may run on the data folder.")
  var rotateMasterKey = false

  @Option(help: "For --rotate-master-key with --master-key-file: the file of the new one.")
  var newMasterKeyFile: String?

  @Option(
    help: ArgumentHelp(
      "Revoke every key but these, with commas between, and end; no service may run on the data folder. For a restored backup.",
      valueName: "ids"))
  var revokeAllBut: String?

  @Flag(
    help: "Start although the database's write-ahead log is damaged, without the commits behind the damage; a copy of it is kept."
  )
  var acceptDamagedLog = false

  @Option(help: "How many clients may be connected at once. Default: 10000")
  var maxConnections: String?

  @Option(help: "How many tasks may wait in the queue; a submit beyond that is told when to try again. Default: 100000")
  var maxQueued: String?

  @Option(
    help:
      "How many MiB all connections together may hold: requests under way, frames and uploads on their way, replies that nobody has read. One key may hold half of it; what is beyond is told when to try again. Default: 128"
  )
  var maxRequestMib: String?

  @Option(
    help:
      "Remove sessions, with all that is theirs, in which nothing has happened for so many days and no task is left to do. Default: never"
  )
  var deleteIdleDays: String?

  @Option(help: "A file that gets a key for nodes when it holds none that is valid; for containers that share it.")
  var agentKeyFile: String?

  @Option(help: "A file that gets the real address as JSON once the service serves.")
  var readyFile: String?

  @Option(help: "trace, debug, info, notice, warning, error or critical. Default: info")
  var logLevel: String?

  @Flag(help: "Take plain text from other machines too, not from loopback alone.")
  var allowPlaintext = false

  @Option(help: "Where /healthz, /readyz and /metrics are served, HOST:PORT, or off. Default: 127.0.0.1:7412")
  var http: String?

  @Option(help: "text or json, one object a line. Default: text")
  var logFormat: String?

  @Option(
    help:
      "Where spans of traces go: a file, one OTLP/JSON request a line, or a collector's http:// or https:// address. Default: off"
  )
  var traces: String?

  @Flag(help: "Ask the kai-session that runs with these settings whether it is ready, over its --http; exit code 0 says yes.")
  var probe = false

  static func main() async { await launch() }

  func run() async throws {
    do throws(WireError) {
      let settings = try Settings(self, environment: Environment.variable)
      guard !probe else {
        guard let http = settings.http else { throw WireError(.usage, "--probe needs an HTTP listener: --http is off") }
        return try await Probe.ask(http, "/readyz")
      }
      if rotateMasterKey {
        try await SessionService.rotateMasterKey(
          dataFolder: settings.dataFolder, file: settings.masterKeyFile, newFile: newMasterKeyFile)
        return print("the master key is another one now; every key goes on")
      }
      if let revokeAllBut {
        let kept = revokeAllBut.split(separator: ",").map(String.init)
        let count = try await SessionService.revokeKeys(
          but: kept, dataFolder: settings.dataFolder, masterKeyFile: settings.masterKeyFile)
        return print(count == 1 ? "1 key was revoked" : "\(count) keys were revoked")
      }
      try await Self.serve(settings)
    } catch {
      throw Self.complain(error)
    }
  }

  private static func serve(_ settings: Settings) async throws(WireError) {
    // What this process makes is for its owner alone, also if somebody opens the data folder one day.
    umask(0o077)
    settings.logFormat.bootstrap()
    let metrics = PrometheusMetrics()
    MetricsSystem.bootstrap(metrics)
    var logger = Logger(label: "kai-session")
    logger.logLevel = settings.logLevel

    Tracing.bootstrap(
      try settings.traces.map { (target) throws(WireError) in
        try SpanExporter(target, service: "kai-session", version: Release.version, logger: logger)
      })
    defer { Tracing.close() }
    let service = try await SessionService(
      dataFolder: settings.dataFolder, masterKeyFile: settings.masterKeyFile, maxQueued: settings.maxQueued,
      acceptsDamagedLog: settings.acceptsDamagedLog, watchesItself: true, logger: logger)
    defer { service.close() }
    if let agentKeyFile = settings.agentKeyFile { try await service.provideAgentKey(at: agentKeyFile) }
    let group = MultiThreadedEventLoopGroup.singleton
    var configuration = ServerConfiguration(
      host: settings.host, port: settings.port, serverId: service.identity.serverId, logger: logger)
    configuration.allowPlaintext = settings.allowPlaintext
    configuration.limits = .wholeMessages
    configuration.connections = settings.maxConnections
    configuration.memory = MemoryBudget(limitBytes: settings.maxRequestBytes)
    let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint, .sighup)
    let server = try await WireServer.start(configuration, keys: service.keys, service: service.handler, group: group)
    logger.info("serving", metadata: ["address": "\(server.address)", "data": "\(settings.dataFolder)"])
    let secure = try await SecureListener.start(settings.tls, configuration, service, logger)
    let status = StatusRoutes(service: service, metrics: metrics)
    status.describe()
    status.describe(configuration.memory, configuration.traffic)
    let http = try await StatusServer.start(settings.http, routes: status.routes, logger: logger)
    if let readyFile = settings.readyFile {
      try ReadyFile.write(readyFile, address: server.address, tlsAddress: secure?.address, httpAddress: http?.address)
    }

    var keeping = service.housekeeping
    keeping.deleteIdleDays = settings.deleteIdleDays
    let housekeeping = Task { [keeping] in await keeping.run(every: .seconds(60)) }
    let scrub = Task { await service.scrub.run(every: .seconds(24 * 3_600)) }
    let watch = Task { await service.watch.run(every: .seconds(2)) }
    for await signal in signals {
      if signal == .sighup {
        logger.notice("SIGHUP changes nothing: certificates are read again by themselves, everything else needs a restart")
        continue
      }
      logger.info("stopping", metadata: ["signal": "\(signal)"])
      break
    }
    for task in [housekeeping, scrub, watch] { task.cancel() }
    async let secured: Void? = secure?.stop(grace: .seconds(5))
    await server.stop(grace: .seconds(5))
    _ = await secured
    await http?.stop()
    await housekeeping.value
    await scrub.value
    await watch.value
    logger.info("stopped")
  }
}
