import ArgumentParser
import Foundation
import JSON
import RawNode
import Wire

/// The figures that README quotes, each beside what it is held against, measured in the same run.
@main
struct Program: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "kai-bench", abstract: "Measures the services of this build. Prints a table; --json also writes the figures.",
    subcommands: [QuietUser.self])

  /// What can be measured by itself, such as while a profiler looks on.
  enum Part: String, CaseIterable, ExpressibleByArgument {
    case start, commits, recovery, restart, memory, recall, load
    case roundTrips = "round-trips"
  }

  @Option(help: "The file that gets the figures as JSON.") var json: String?

  @Option(help: "Measure this alone. May be given more than once.") var part: [Part] = Part.allCases

  @Option(help: "Memories that are recalled from; from 1000000 on in 1000 scopes.") var memories = 100_000

  @Option(help: "An embedder that recall is measured with, as of kai-agent --embedder. May be given more than once.")
  var embedder: [String] = []

  @Option(help: "The base address of the embedder's server.") var embedderUrl: String?

  @Option(help: "The facts and questions that recall is measured by.") var recallSet = "Evaluation/recall.tsv"

  func run() async throws {
    let binaries = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
    let folder = FileManager.default.temporaryDirectory.appending(path: "kai-bench-\(UUID().uuidString.prefix(8))").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let service = try Service(binaries: binaries, folder: folder)
    defer { service.stop() }

    var figures = [
      Figure(name: "kai-session: start until it serves", value: service.startSeconds * 1e3, unit: "ms"),
      Figure(name: "kai-session: memory, idle", value: service.residentMiB, unit: "MiB"),
    ]
    let admin = try service.adminClient()
    let key = try await admin.call(
      Methods.keyCreate,
      .with {
        $0.name = "bench"; $0.role = .agent
      }
    ).message
    let keyText = "\(key.id):\(key.secret)"
    if part.contains(.start) { figures += try startOfAgent(binaries, service, keyText: keyText) }
    if part.contains(.roundTrips) { figures += try await RoundTrips(service: service).figures() }
    if part.contains(.memory) {
      let isLarge = memories >= 1_000_000
      let agent = service.client(try KeyFile(parsing: keyText), name: "bench-agent")
      figures += try await Memories(
        service: service, admin: admin, agent: agent, shared: isLarge ? memories / 1_001 : memories,
        sessions: isLarge ? 1_000 : 0,
        eachSession: isLarge ? memories / 1_001 : 0
      ).figures()
      await agent.close()
    }
    if part.contains(.recall) {
      figures += try await RecallQuality(
        service: service, admin: admin, file: recallSet, embedders: embedder, embedderUrl: embedderUrl
      ) { spec, url in try embeddingNode(binaries, service, keyText: keyText, spec, url) }.figures()
    }
    if part.contains(.recovery) { figures += try await recovery(binaries, service, admin, keyText: keyText) }
    if part.contains(.commits) || part.contains(.restart) || part.contains(.load) {
      figures += try await withRawNode(service, admin, keyText: keyText) { node in
        var figures: [Figure] = []
        if part.contains(.commits) { figures += try await Commits(service: service, admin: admin, node: node).figures() }
        if part.contains(.load) {
          figures += try await Load(service: service, binary: CommandLine.arguments[0], admin: admin, node: node).figures()
        }
        if part.contains(.restart) { figures += try await Restart(service: service, admin: admin, node: node).figures() }
        return figures
      }
    }
    figures.append(Figure(name: "kai-session: memory at the end", value: service.residentMiB, unit: "MiB"))
    await admin.close()

    for figure in figures { print(figure.line) }
    if let json {
      let report = JSONValue.object([JSONValue.Member("figures", .array(figures.map(\.json)))])
      try (report.text(pretty: true) + "\n").write(toFile: json, atomically: true, encoding: .utf8)
    }
  }

  private func recovery(
    _ binaries: URL, _ service: Service, _ admin: WireClient, keyText: String
  ) async throws -> [Figure] {
    let keyFile = "\(service.folder)/recovery.key"
    try keyText.write(toFile: keyFile, atomically: true, encoding: .utf8)
    return try await Recovery(
      binaries: binaries, folder: service.folder, server: "\(service.host):\(service.port)", admin: admin, keyFile: keyFile
    ).figures()
  }

  private func withRawNode(
    _ service: Service, _ admin: WireClient, keyText: String, _ body: (RawNode) async throws -> [Figure]
  ) async throws -> [Figure] {
    _ = try await admin.call(
      Methods.connectionCreate,
      .with {
        $0.id = "bench"; $0.uri = "sqlite://\(service.folder)/data.db"
      })
    let node = RawNode(client: service.client(try KeyFile(parsing: keyText), name: "bench-node"))
    try node.start(slots: 256)
    defer { node.stop() }
    return try await body(node)
  }

  private func embeddingNode(
    _ binaries: URL, _ service: Service, keyText: String, _ embedder: String, _ url: String?
  ) throws -> ChildProgram {
    let keyFile = "\(service.folder)/embedding.key"
    try keyText.write(toFile: keyFile, atomically: true, encoding: .utf8)
    return try ChildProgram(
      binaries.appending(path: "kai-agent").path,
      [
        "--server", "\(service.host):\(service.port)", "--key-file", keyFile, "--results", "\(service.folder)/results",
        "--embedder", embedder, "--log-level", "warning",
      ] + (url.map { ["--embedder-url", $0] } ?? []))
  }

  private func startOfAgent(_ binaries: URL, _ service: Service, keyText: String) throws -> [Figure] {
    let keyFile = "\(service.folder)/agent.key"
    try keyText.write(toFile: keyFile, atomically: true, encoding: .utf8)
    let start = ContinuousClock.now
    let agent = try ChildProgram(
      binaries.appending(path: "kai-agent").path,
      [
        "--server", "\(service.host):\(service.port)", "--key-file", keyFile, "--ready-file", "\(service.folder)/agent.json",
        "--results", "\(service.folder)/results", "--log-level", "error",
      ])
    _ = try waitForJSON("\(service.folder)/agent.json")
    let seconds = (ContinuousClock.now - start).seconds
    let memory = residentMemory(of: agent.processId)
    agent.stop()
    return [
      Figure(name: "kai-agent: start until it is attached", value: seconds * 1e3, unit: "ms"),
      Figure(name: "kai-agent: memory, idle", value: memory, unit: "MiB"),
    ]
  }
}
