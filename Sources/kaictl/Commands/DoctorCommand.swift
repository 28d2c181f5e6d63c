import ArgumentParser
import JSON
import Wire

/// Looks at everything between a question and its answer, in that order, and says what to do about the first thing missing.
struct DoctorCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor", abstract: "Check what a question needs: key, server, nodes, connections.")
  @OptionGroup(title: "Global options") var options: GlobalOptions

  private struct Finding {
    let name: String
    let detail: String
    /// Nil when all is well.
    let problem: WireError?

    var json: JSONValue {
      [
        "check": .string(name), "ok": .bool(problem == nil), "detail": .string(problem?.message ?? detail),
        "hint": problem.map { .string($0.hint) } ?? .null,
      ]
    }
  }

  func run() async throws {
    let printer = Printer(options)
    let findings = await findings()
    switch printer.form {
    case .json: printer.json(.array(findings.map(\.json)))
    case .jsonl: for finding in findings { printer.json(finding.json) }
    case .ids: for finding in findings where finding.problem != nil { printer.line(finding.name) }
    case .table, .wide: for finding in findings { show(finding, printer) }
    }
    if let problem = findings.lazy.compactMap(\.problem).first {
      throw ExitCode(ExitStatus.code(for: problem))
    }
  }

  private func show(_ finding: Finding, _ printer: Printer) {
    let mark = finding.problem == nil ? printer.out.styled("ok", .green) : printer.out.styled("no", .red)
    printer.out.write("\(mark)  \(finding.name): \(Escaping.line(finding.problem?.message ?? finding.detail))\n")
    if let hint = finding.problem?.hint, !hint.isEmpty { printer.out.write("    \(Escaping.line(hint))\n") }
  }

  /// What the server's figures say of the machine it runs on; nothing for a key that is not told them.
  private func machine(_ server: ServerLink) async -> [Finding] {
    let start = Timestamp.now
    let stats: [Stat]
    do throws(WireError) { stats = try await server.call(Methods.serverStats, Empty()).stats } catch { return [] }
    let end = Timestamp.now
    let values = Dictionary(stats.map { ($0.name, $0.value) }) { first, _ in first }
    func finding(
      _ name: String, _ figure: String, _ look: (Double) throws(WireError) -> String
    ) -> Finding? {
      guard let value = values[figure] else { return nil }
      do throws(WireError) { return Finding(name: name, detail: try look(value), problem: nil) } catch {
        return Finding(name: name, detail: "", problem: error)
      }
    }
    return [
      finding("clock", "clock_seconds") { (clock) throws(WireError) in
        try MachineFindings.clock(server: clock, between: start, and: end)
      },
      finding("disk", "disk_free_bytes") { (free) throws(WireError) in try MachineFindings.disk(freeBytes: free) },
      finding("fsync", "store_commit_ms") { (commit) throws(WireError) in try MachineFindings.commit(milliseconds: commit) },
      finding("certificate", "certificate_end_seconds") { (end) throws(WireError) in
        try MachineFindings.certificate("the server's", end: end, now: start)
      },
      finding("sqlite", "sqlite_version") { (version) throws(WireError) in MachineFindings.sqlite(version: Int(version)) },
    ].compactMap { $0 }
  }

  private func findings() async -> [Finding] {
    var findings: [Finding] = []
    func check<Value>(_ name: String, _ look: () async throws(WireError) -> (Value, String)) async -> Value? {
      do throws(WireError) {
        let (value, detail) = try await look()
        findings.append(Finding(name: name, detail: detail, problem: nil))
        return value
      } catch {
        findings.append(Finding(name: name, detail: "", problem: error))
        return nil
      }
    }

    let target = await check("key") { () throws(WireError) -> (Target, String) in
      let target = try Target(options: options, contexts: try Contexts.load())
      let key = try KeyFile(path: target.keyPath)
      if let warning = KeyFile.warning(path: target.keyPath) { throw WireError(.localIo, warning, hint: "") }
      return (target, "\(key.keyId) from \(target.keyPath)")
    }
    guard let target else { return findings }
    if target.tls?.certificate != nil {
      _ = await check("own certificate") { () throws(WireError) -> (Void, String) in
        let end = try target.tls?.certificateEnd() ?? 0
        return ((), try MachineFindings.certificate("your own", end: Double(end), now: .now))
      }
    }
    var version = ""
    let opened = await check("server") { () throws(WireError) -> (ServerLink, String) in
      let server = try await ServerLink.open(target, timeout: options.timeout)
      let info = try await server.call(Methods.serverInfo, Empty())
      version = info.version
      let skew = info.version == Release.version ? "" : ", this kaictl is \(Release.version)"
      return (server, "\(info.serverId) at \(target.server), version \(info.version)\(skew)")
    }
    guard let server = opened else { return findings }
    _ = await check("nodes") { () throws(WireError) -> (Void, String) in
      ((), try MachineFindings.nodes(try await server.call(Methods.nodeList, Empty()).nodes, server: version))
    }
    _ = await check("connections") { () throws(WireError) -> (Void, String) in
      let total = try await server.call(Methods.connectionList, ConnectionListRequest()).total
      guard total > 0 else {
        throw WireError(
          .failedPrecondition, "there is no connection to a database",
          hint: "kaictl connection create --alias NAME --uri sqlite:///absolute/path.db")
      }
      return ((), Quantities.count(total, "connection"))
    }
    for finding in await machine(server) { findings.append(finding) }
    await server.close()
    return findings
  }
}
