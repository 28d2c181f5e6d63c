import Foundation
import JSON
import WireFuzz
import Wire

/// Keeps kai-session going, and sees to it that it fails: kills it, stops it, and starts it again with a fail point.
actor SessionKeeper {
  private let settings: RunSettings
  private let counters: Counters
  private let proxy: FaultyProxy
  private let findings: Findings
  private var dice: SeededGenerator
  private var process: ChildProcess?
  private var failPoint: FailPoint?
  private var starts = 0
  /// Where it has still to die in this round, so that a short run has all places.
  private var places: [FailPoint.Place] = []

  private(set) var port = 0
  nonisolated var adminKeyFile: String { settings.file("data/admin.key") }

  init(_ settings: RunSettings, counters: Counters, proxy: FaultyProxy, findings: Findings) {
    self.settings = settings
    self.counters = counters
    self.proxy = proxy
    self.findings = findings
    dice = SeededGenerator(seed: settings.seed ^ 0x5e55_1094)
  }

  /// Starts it and waits until it serves. Points the proxy to it.
  /// - Throws: when it does not serve within 30 s.
  func start(_ failPoint: FailPoint? = nil) async throws {
    starts += 1
    let ready = settings.file("session.json")
    try? FileManager.default.removeItem(atPath: ready)
    let environment = failPoint?.environment(library: settings.binary("libchaos-failpoints.so"), log: failLog) ?? [:]
    let child = try ChildProcess(
      settings.binary("kai-session"),
      [
        "--data", settings.file("data"), "--listen", "127.0.0.1:0", "--ready-file", ready, "--log-level", "notice", "--http",
        "off",
      ],
      environment: environment, log: settings.file("session.log"))
    process = child
    self.failPoint = failPoint
    let deadline = ContinuousClock.now + .seconds(30)
    while ContinuousClock.now < deadline {
      if let port = Self.port(in: ready) {
        self.port = port
        proxy.point(to: port)
        return
      }
      // It may come to its point before it serves.
      if !child.isRunning { return }
      try await Task.sleep(for: .milliseconds(10))
    }
    throw WireError(.unavailable, "kai-session did not serve within 30 s")
  }

  /// Fails until the storm is over.
  func fail(_ storm: Phase) async throws {
    while !storm.isOver {
      let place = nextPlace()
      // A planted bug must come to pass however short and slow the run is: at once, and nothing else holds it up.
      let isPlanted = settings.control == .lyingDisk
      let patience = Duration.milliseconds(failPoint != nil ? 7_000 : isPlanted ? 0 : dice.number(1_000...6_000))
      await wait(patience, storm)
      if !isPlanted, process?.isRunning == true, dice.oneIn(3) { await stopForAWhile(storm) }
      if storm.isOver { return }
      if process?.isRunning == true {
        await process?.killNow()
        counters.add(.sessionKills)
      }
      try await startAgain(place.map { FailPoint.random($0, &dice) })
    }
  }

  /// Runs it without a fail point.
  func calm() async throws {
    if let process, process.isRunning {
      process.signal(SIGCONT)
      guard failPoint != nil else { return }
      await process.killNow()
      counters.add(.sessionKills)
    }
    try await startAgain(nil)
  }

  /// Ends it as an operator does.
  /// - Returns: its exit status.
  func stop() async -> Int32? {
    process?.signal(SIGTERM)
    return await process?.end(within: .seconds(20))
  }

  // MARK: Steps

  private var failLog: String { settings.file("failpoint-\(starts).log") }

  private func nextPlace() -> FailPoint.Place? {
    if settings.control == .lyingDisk { return .lyingDisk }
    if places.isEmpty { places = [.beforeSync, .afterSync, .beforeAnswer, .powerCut] }
    // Now and then none, so that plain kills have a turn too.
    return dice.oneIn(4) ? nil : places.randomElement(using: &dice)
  }

  /// Waits, less long when the process ends.
  private func wait(_ time: Duration, _ storm: Phase) async {
    guard let process else { return }
    await storm.wait(time) { !process.isRunning }
  }

  private func stopForAWhile(_ storm: Phase) async {
    guard let process else { return }
    process.signal(SIGSTOP)
    counters.add(.sessionStops)
    await storm.wait(.milliseconds(dice.number(100...[1_000, 6_000][dice.number(0...1)])))
    process.signal(SIGCONT)
    await wait(.milliseconds(dice.number(200...3_000)), storm)
  }

  /// Counts how the last run ended, takes away what its disk would have lost, and starts the next.
  /// - Throws: when it ended by itself before it served: the next start would end in the same way.
  private func startAgain(_ failPoint: FailPoint?) async throws {
    var next = failPoint
    while true {
      try reckon()
      try? await Task.sleep(for: .milliseconds(dice.number(0...500)))
      try await start(next)
      guard let process, let status = process.exitStatus else { return }
      if status != 128 + SIGKILL { throw refusal(status) }
      // It died before it served. The next start goes well.
      next = nil
    }
  }

  private func reckon() throws {
    guard let process, let status = process.exitStatus else { return }
    defer { self.process = nil }
    if failPoint != nil {
      if !FailPoint.wasArmed(log: failLog) {
        findings.add(.processes, "kai-session was started with a fail point that was not loaded")
      }
      if let hit = FailPoint.Hit(log: failLog) {
        counters.add(hit.place.count)
        places.removeAll { $0 == hit.place }
        counters.add(.unsyncedBytes, try hit.loseUnsynced())
      }
    }
    if status != 128 + SIGKILL { findings.add(.processes, "kai-session ended by itself, with status \(status): see session.log") }
  }

  /// What a start says that refused its store; the finding that goes with it.
  private func refusal(_ status: Int32) -> WireError {
    let log = (try? String(contentsOfFile: settings.file("session.log"), encoding: .utf8)) ?? ""
    let said = log.split(separator: "\n").last ?? ""
    let text = "kai-session does not start any more, status \(status): \(said)"
    findings.add(log.contains("acknowledged") ? .nothingLost : .processes, text)
    return WireError(.corrupt, text)
  }

  private static func port(in path: String) -> Int? {
    guard let text = try? String(contentsOfFile: path, encoding: .utf8), let value = try? JSONValue(parsing: text) else {
      return nil
    }
    return value["listen"]?.string?.split(separator: ":").last.flatMap { Int($0) }
  }
}
