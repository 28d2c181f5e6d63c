import ArgumentParser
import Glibc
import Logging
import NIOPosix
import ServiceLaunch
import UnixSignals
import Wire

@main
struct Program: AsyncParsableCommand {
  static let version = "0.1.0"

  static let configuration = CommandConfiguration(
    commandName: "kai-agent", abstract: "An execution node: runs tasks that kai-session gives it; holds nothing durable.",
    discussion: """
      Each flag is also KAI_AGENT_<FLAG> in the environment; the address and the key are KAI_SERVER and KAI_KEY_FILE too. \
      SIGTERM drains: the step under way is committed, the task handed back. A second SIGTERM stops at once.
      """,
    version: version)

  @OptionGroup var options: AgentOptions

  static func main() async { await launch() }

  func run() async throws {
    let settings: AgentSettings
    do throws(WireError) {
      settings = try AgentSettings(options, environment: Environment.variable)
    } catch {
      throw Self.complain(error)
    }
    LoggingSystem.bootstrap { StreamLogHandler.standardError(label: $0) }
    var log = Logger(label: "kai-agent")
    log.logLevel = settings.logLevel
    do throws(WireError) {
      try await serve(settings, log)
    } catch {
      throw Self.complain(error)
    }
  }

  private func serve(_ settings: AgentSettings, _ log: Logger) async throws(WireError) {
    let model = try ModelRegistry.model(spec: settings.model, url: settings.modelURL, keyFile: settings.modelKeyFile)
    var configuration = ClientConfiguration(
      host: settings.server.host, port: settings.server.port, key: settings.key, name: settings.node.name,
      version: Self.version, group: MultiThreadedEventLoopGroup.singleton)
    configuration.limits = .wholeMessages
    let client = WireClient(configuration)
    let node = NodeService(settings.node, client: client, model: model, log: log) { nodeId in
      settings.announce(nodeId: nodeId)
    }
    let signals = Task {
      var count = 0
      for await _ in await UnixSignalsSequence(trapping: .sigterm, .sigint) {
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
    log.notice("stopped")
  }
}
