import ArgumentParser
import Dispatch
import Foundation

/// Chaos against the real programs of this build. Exits with 1 when something that was promised did not hold, with 2 when a
/// planted bug was not found.
@main
struct Program: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "kai-chaos",
    abstract: "Runs kai-session and its nodes, makes everything fail, and checks that nothing promised was broken.")

  @Option(help: "How long faults are injected, in minutes.") var minutes = 10.0
  @Option(help: "Where every decision comes from; a random one when left out.") var seed: UInt64 = .random(in: 1...999_999)
  @Option(help: "How many sessions.") var sessions = 200
  @Option(help: "How many nodes.") var nodes = 8
  @Option(help: "How long everything may take to come to rest, in seconds.") var restSeconds = 180
  @Option(help: "A bug to plant: \(Control.allCases.map(\.rawValue).joined(separator: ", ")).") var control: Control?
  @Option(help: "The folder of the run; it is made, and removed again if all was well.") var folder: String

  func validate() throws {
    guard minutes > 0, sessions > 0, nodes >= 2, restSeconds > 0 else {
      throw ValidationError("minutes, sessions and rest-seconds must be positive, and there must be two nodes or more")
    }
  }

  func run() async throws {
    let signals = [SIGINT, SIGTERM].map { (number: Int32) in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler {
        Living.killAll()
        Foundation.exit(130)
      }
      source.resume()
      return source
    }
    defer {
      signals.forEach { $0.cancel() }
      Living.killAll()
    }
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let settings = RunSettings(
      seed: seed, duration: .milliseconds(Int(minutes * 60_000)), sessions: sessions, nodes: nodes, control: control,
      restWithin: .seconds(restSeconds), folder: URL(filePath: folder).path,
      binaries: URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().path)
    let run = try await ChaosRun(settings)
    let watchdog = Task {
      try await Task.sleep(for: settings.duration + settings.restWithin * 4 + .seconds(60))
      run.findings.add(.rest, "the run itself did not come to an end")
      try? report(run, settings)
      Living.killAll()
      Foundation.exit(1)
    }
    defer { watchdog.cancel() }
    do {
      try await run.run()
    } catch {
      run.findings.add(.processes, "the run came to an early end: \(error)")
    }
    try report(run, settings)
  }

  private func report(_ run: ChaosRun, _ settings: RunSettings) throws {
    print("seed \(seed), \(minutes) minutes, \(sessions) sessions, \(nodes) nodes" + (control.map { ", \($0.rawValue)" } ?? ""))
    for line in run.counters.lines { print(line) }
    for count in Count.certain(inMinutes: minutes) where run.counters[count] == 0 {
      run.findings.add(.injected, "\(count.rawValue): none")
    }
    let findings = run.findings.all
    for rule in Rule.allCases {
      let found = findings.filter { $0.rule == rule }
      guard !found.isEmpty else { continue }
      print("VIOLATED \(found.count) times: \(rule.rawValue)")
      for finding in found.prefix(20) { print("  " + finding.text) }
    }
    if let control, !run.findings.has(control.rule) {
      print("chaos: the planted bug was NOT found; see \(settings.folder)")
      throw ExitCode(2)
    }
    guard findings.isEmpty else {
      print("chaos: RED, \(findings.count) violations; see \(settings.folder)")
      throw ExitCode(1)
    }
    try FileManager.default.removeItem(atPath: settings.folder)
    print("chaos: green")
  }
}

extension Control: ExpressibleByArgument {}
