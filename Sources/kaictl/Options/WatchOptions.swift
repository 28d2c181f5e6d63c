import ArgumentParser

/// Shows the same thing again and again.
struct WatchOptions: ParsableArguments {
  @Flag(name: [.customShort("w"), .long], help: "Show it again every two seconds, until Ctrl-C.") var watch = false

  @Option(help: ArgumentHelp("With --watch: as often as this.", valueName: "time")) var interval = TimeSpan(milliseconds: 2_000)
}

/// A command whose output may change while somebody looks.
protocol WatchableCommand: ServerCommand {
  var watching: WatchOptions { get }
}

extension WatchableCommand {
  func run() async throws {
    guard watching.watch else { return try await runOnce() }
    let server = try await ServerLink.open(options, Printer(options))
    do {
      while true {
        // Times are told from now.
        let printer = Printer(options)
        // From the upper left corner on, over what was there; a log of JSON lines just goes on.
        if printer.out.isTerminal, !printer.form.isJSON { printer.out.write("\u{1b}[H\u{1b}[2J") }
        try await run(server, printer)
        try await Task.sleep(for: watching.interval.duration)
      }
    } catch {
      await server.close()
      throw error
    }
  }
}
