import Foundation
import WireFuzz
import Wire

/// Keeps one node going, and sees to it that it fails: kills it, stops it, replaces it.
actor NodeKeeper {
  static let slots = 4

  private let settings: RunSettings
  private let counters: Counters
  private let name: String
  private let hasLedger: Bool
  private let proxyPort: Int
  private var dice: SeededGenerator
  private var process: ChildProcess?
  private var wasKilled = false

  /// - Parameter hasLedger: a `chaos-node`; otherwise a plain `kai-agent`.
  init(_ settings: RunSettings, counters: Counters, number: Int, hasLedger: Bool, proxyPort: Int) {
    self.settings = settings
    self.counters = counters
    self.hasLedger = hasLedger
    self.proxyPort = proxyPort
    name = "node-\(number)"
    dice = SeededGenerator(seed: settings.seed ^ UInt64(number) &* 0x0de5)
  }

  /// Starts it, if it does not run.
  func start() throws {
    if let process {
      guard !process.isRunning else { return }
      if !wasKilled { counters.add(.nodesEnded) }
    }
    var arguments = [
      "--server", "127.0.0.1:\(proxyPort)", "--key-file", settings.file("agent.key"), "--name", name,
      "--slots", "\(Self.slots)", "--results", settings.file("results"), "--log-level", "notice",
    ]
    if hasLedger {
      arguments += ["--label", "ledger=yes", "--ledger", settings.file("ledger.db")]
      if settings.control == .lyingTool { arguments.append("--lies-about-effects") }
    }
    wasKilled = false
    process = try ChildProcess(
      settings.binary(hasLedger ? "chaos-node" : "kai-agent"), arguments, log: settings.file("\(name).log"))
  }

  /// Fails until the storm is over.
  func fail(_ storm: Phase) async throws {
    // A lie about effects shows only when a node dies between an effect and its outcome.
    let gap = settings.control == .lyingTool ? 200...2_000 : 500...12_000
    while !storm.isOver {
      await storm.wait(.milliseconds(dice.number(gap)))
      if storm.isOver { break }
      if dice.oneIn(3) {
        process?.signal(SIGSTOP)
        counters.add(.nodeStops)
        await storm.wait(.milliseconds(dice.number(1_000...[3_000, 25_000][dice.number(0...1)])))
        process?.signal(SIGCONT)
      } else if process?.isRunning == true {
        wasKilled = true
        await process?.killNow()
        counters.add(.nodeKills)
        await storm.wait(.milliseconds(dice.number(0...2_000)))
      }
      try start()
    }
  }

  /// Lets it run.
  func calm() throws {
    process?.signal(SIGCONT)
    try start()
  }

  /// Ends it as an operator does.
  /// - Returns: its exit status.
  func stop() async -> Int32? {
    process?.signal(SIGTERM)
    return await process?.end(within: .seconds(20))
  }
}
