import ArgumentParser
import JSON
import Wire

/// How fast this service answers from here: nothing is written.
struct BenchCommand: ServerCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench", abstract: "Measure how fast the service answers from here; nothing is written.",
    discussion: """
      'info' never touches the store, 'sessions' reads a page of sessions from it. One call at a time, then many at once over the same \
      connection. For kai-session's own figures see 'kaictl server stats'.
      """)
  @Option(help: ArgumentHelp("Calls of each kind.", valueName: "n")) var calls = 1_000
  @Option(help: ArgumentHelp("How many at once, 1...256.", valueName: "n")) var concurrency = 64
  @OptionGroup(title: "Global options") var options: GlobalOptions

  func validate() throws {
    guard (1...1_000_000).contains(calls) else { throw ValidationError("--calls must be 1...1000000, not \(calls)") }
    guard (1...256).contains(concurrency) else { throw ValidationError("--concurrency must be 1...256, not \(concurrency)") }
  }

  private struct Row {
    let name: String
    let depth: Int
    let perSecond: Double
    /// In milliseconds, ascending.
    let times: [Double]

    func quantile(_ part: Double) -> Double { times[min(times.count - 1, Int(Double(times.count) * part))] }
  }

  func run(_ server: ServerLink, _ printer: Printer) async throws {
    var rows: [Row] = []
    for depth in [1, concurrency] {
      rows.append(
        try await measure("info", depth) { () async throws(WireError) in _ = try await server.call(Methods.serverInfo, Empty()) })
      rows.append(
        try await measure("sessions", depth) { () async throws(WireError) in
          _ = try await server.call(Methods.sessionList, SessionListRequest())
        })
    }
    @Sendable func figure(_ value: Double) -> String { Quantities.figure((value * 1_000).rounded() / 1_000) }
    if printer.form.isJSON {
      let objects = rows.map { row -> JSONValue in
        [
          "call": .string(row.name), "concurrency": .integer(Int64(row.depth)), "calls": .integer(Int64(row.times.count)),
          "per_second": .number(row.perSecond), "p50_ms": .number(row.quantile(0.5)), "p99_ms": .number(row.quantile(0.99)),
        ]
      }
      return printer.form == .json ? printer.json(.array(objects)) : objects.forEach { printer.json($0) }
    }
    printer.rows(
      rows,
      [
        .text("CALL") { $0.name }, .number("AT ONCE") { UInt64($0.depth) }, .number("A SECOND") { UInt64($0.perSecond) },
        ListColumn(title: "P50 MS", alignment: .right) { row, _ in figure(row.quantile(0.5)) },
        ListColumn(title: "P99 MS", alignment: .right) { row, _ in figure(row.quantile(0.99)) },
      ])
  }

  private func measure(
    _ name: String, _ depth: Int, _ call: @escaping @Sendable () async throws(WireError) -> Void
  ) async throws -> Row {
    let clock = ContinuousClock()
    let start = clock.now
    let share = max(1, calls / depth)
    let times = try await withThrowingTaskGroup(of: [Double].self) { group in
      for _ in 0..<depth {
        group.addTask {
          var times: [Double] = []
          for _ in 0..<share {
            let begin = clock.now
            try await call()
            times.append((clock.now - begin) / .milliseconds(1))
          }
          return times
        }
      }
      return try await group.reduce(into: []) { $0 += $1 }
    }
    return Row(
      name: name, depth: depth, perSecond: Double(times.count) / ((clock.now - start) / .seconds(1)), times: times.sorted())
  }
}
