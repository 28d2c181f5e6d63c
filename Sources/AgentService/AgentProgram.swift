package import ArgumentParser
import CoreMetrics
import Glibc
import Logging
import NIOPosix
import PostgreSQL
import SQLite
import Telemetry
import UnixSignals
package import Wire

/// `kai-agent` without its command line, so that a program of this package can be a node with more tools than it has.
package enum AgentProgram {
  /// The configuration of a command that is a node.
  package static func configuration(_ name: String, abstract: String) -> CommandConfiguration {
    CommandConfiguration(
      commandName: name, abstract: abstract,
      discussion: """
        Each flag is also KAI_AGENT_<FLAG> in the environment; the address and the key are KAI_SERVER and KAI_KEY_FILE too. \
        SIGTERM drains: the step under way is committed, the task handed back. A second SIGTERM stops at once.
        """,
      version: Release.version)
  }

  /// Is a node until it is drained.
  /// - Throws: `usage` and what else the settings say; what no new attempt to attach can mend.
  package static func run(
    _ options: AgentOptions, environment: (String) -> String?, equipment: NodeEquipment = NodeEquipment()
  ) async throws(WireError) {
    if options.probe { return try await probe(options, environment) }
    let settings = try AgentSettings(options, environment: environment)
    // Before there are threads: it changes the process's environment.
    PostgreSQLEnvironment.clear()
    SQLiteMemory.allocatePagesOneByOne()
    SQLiteMemory.limit(bytes: settings.sqlMemory)
    settings.logFormat.bootstrap()
    let metrics = PrometheusMetrics()
    MetricsSystem.bootstrap(metrics)
    var log = Logger(label: "kai-agent")
    log.logLevel = settings.logLevel
    Tracing.bootstrap(
      try settings.traces.map { (target) throws(WireError) in
        try SpanExporter(target, service: "kai-agent", version: Release.version, logger: log)
      })
    defer { Tracing.close() }
    try await serve(settings, equipment, metrics, log)
  }

  /// Needs no more settings than where the node's HTTP listener is.
  private static func probe(_ options: AgentOptions, _ environment: (String) -> String?) async throws(WireError) {
    guard let address = try StatusAddress.parse(options.http ?? environment("KAI_AGENT_HTTP"), standard: nil) else {
      throw WireError(.usage, "--probe needs an HTTP listener: give --http, as the node has it")
    }
    try await Probe.ask(address, "/readyz")
  }

  private static func serve(
    _ settings: AgentSettings, _ equipment: NodeEquipment, _ metrics: PrometheusMetrics, _ log: Logger
  ) async throws(WireError) {
    let model = try ModelRegistry.model(settings.model)
    let embedder = try ModelRegistry.embedder(settings.embedder, url: settings.embedderUrl, settings.model)
    var configuration = ClientConfiguration(
      host: settings.server.host, port: settings.server.port, key: settings.key, name: settings.node.name,
      version: Release.version, group: MultiThreadedEventLoopGroup.singleton)
    configuration.limits = .wholeMessages
    configuration.tls = settings.tls
    let client = WireClient(configuration)
    Task {
      if let reason = await PythonSandbox.unavailable() {
        log.notice("the tool python refuses its calls", metadata: ["reason": "\(reason)"])
      }
    }
    let node = NodeService(
      settings.node, client: client, model: equipment.model(over: model), registry: equipment.registry, embedder: embedder,
      log: log
    ) { nodeId in
      settings.announce(nodeId: nodeId)
    }
    AgentMetrics.describe(metrics, node)
    let routes: [String: StatusServer.Route] = [
      "/healthz": { StatusServer.Reply(200, "ok\n") },
      "/readyz": { node.isAttached ? StatusServer.Reply(200, "ready\n") : StatusServer.Reply(503, "not attached\n") },
      "/metrics": { StatusServer.Reply(200, metrics.text(), type: "text/plain; version=0.0.4; charset=utf-8") },
    ]
    let status = try await StatusServer.start(settings.http, routes: routes, logger: log)
    let signals = Task {
      var count = 0
      for await signal in await UnixSignalsSequence(trapping: .sigterm, .sigint, .sighup) {
        if signal == .sighup {
          log.notice("SIGHUP changes nothing: settings need a restart")
          continue
        }
        count += 1
        if count > 1 {
          log.notice("stopping at once")
          Glibc.exit(0)
        }
        log.notice("draining: the step under way is committed and the task handed back")
        node.drain()
      }
    }
    defer { signals.cancel() }
    try await node.run()
    await client.close()
    await status?.stop()
    log.notice("stopped")
  }
}
