import ArgumentParser
import Wire

struct ServerCommands: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "server", abstract: "The kai-session process.",
    subcommands: [Info.self, Check.self, Stats.self, Drain.self])

  struct Info: ServerCommand {
    static let configuration = CommandConfiguration(abstract: "Say what the server is.")
    @OptionGroup(title: "Global options") var options: GlobalOptions

    func run(_ server: ServerLink, _ printer: Printer) async throws {
      let info = try await server.call(Methods.serverInfo, Empty())
      printer.detail(
        info, id: info.serverId,
        [
          ("id", info.serverId), ("address", "\(server.target.server)"), ("version", info.version),
          ("protocol", "\(info.protocolVersion)"), ("started", printer.time(info.startedAt)),
          ("store", "\(info.storeBackend), schema \(info.schemaVersion)"),
        ])
    }
  }

  struct Check: ServerCommand {
    static let configuration = CommandConfiguration(
      abstract: "Check the stored data; exit code 1 when something is wrong, with --format nagios 2.")
    @Option(help: "For monitors: nagios, json, prometheus or text.") var format: MonitorFormat?
    @OptionGroup(title: "Global options") var options: GlobalOptions

    func run(_ server: ServerLink, _ printer: Printer) async throws {
      let check = try await server.call(Methods.serverCheck, Empty())
      if let format {
        printer.out.write(MonitorReport.text(check, format) + "\n")
        if !check.ok { throw ExitCode(format == .nagios ? MonitorReport.critical : 1) }
        return
      }
      switch printer.form {
      case .json: printer.json(check.json())
      case .jsonl: for finding in check.findings { printer.json(finding.json()) }
      case .ids: for finding in check.findings where !finding.ok { printer.line(finding.name) }
      case .table, .wide:
        printer.rows(
          check.findings,
          [.text("CHECK") { $0.name }, .text("RESULT") { $0.ok ? "ok" : "WRONG" }, .text("DETAIL", shrinks: true) { $0.detail }])
      }
      guard check.ok else {
        let wrong = check.findings.filter { !$0.ok }.map(\.name).joined(separator: ", ")
        throw WireError(.corrupt, "something is wrong with the stored data: \(wrong)")
      }
    }
  }

  struct Stats: WatchableCommand {
    static let configuration = CommandConfiguration(abstract: "Show the server's figures.")
    @Option(help: "For monitors: nagios, json, prometheus or text.") var format: MonitorFormat?
    @OptionGroup var watching: WatchOptions
    @OptionGroup(title: "Global options") var options: GlobalOptions

    func run(_ server: ServerLink, _ printer: Printer) async throws {
      let stats = try await server.call(Methods.serverStats, Empty())
      if let format { return printer.out.write(MonitorReport.text(stats, format) + "\n") }
      switch printer.form {
      case .json: printer.json(stats.json())
      case .jsonl: for stat in stats.stats { printer.json(stat.json()) }
      case .ids: for stat in stats.stats { printer.line(stat.name) }
      case .table, .wide:
        let value = ListColumn<Stat>(title: "VALUE", alignment: .right) { stat, printer in
          let figure = Quantities.figure(stat.value)
          return printer.out.isTerminal ? Quantities.grouped(figure) : figure
        }
        printer.rows(stats.stats, [.text("NAME") { $0.name }, value])
      }
    }
  }

  struct Drain: ServerCommand {
    static let configuration = CommandConfiguration(
      abstract: "Let the server hand out no more tasks, as before a stop.")
    @OptionGroup(title: "Global options") var options: GlobalOptions

    func run(_ server: ServerLink, _ printer: Printer) async throws {
      try printer.confirm("Let \(server.target.server) hand out no more tasks until it is started again?")
      _ = try await server.call(Methods.serverDrain, Empty())
      printer.say("draining", .dim)
    }
  }
}
