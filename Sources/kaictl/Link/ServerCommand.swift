import ArgumentParser
import Wire

/// A command that speaks to kai-session.
protocol ServerCommand: AsyncParsableCommand {
  var options: GlobalOptions { get }
  func run(_ server: ServerLink, _ printer: Printer) async throws
}

extension ServerCommand {
  func run() async throws { try await runOnce() }

  /// Opens the line, runs, and closes it.
  func runOnce() async throws {
    let printer = Printer(options)
    let server = try await ServerLink.open(options, printer)
    do {
      try await run(server, printer)
    } catch {
      await server.close()
      throw error
    }
    await server.close()
  }
}
