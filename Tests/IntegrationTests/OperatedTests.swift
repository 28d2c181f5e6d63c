import Certificates
import Foundation
import JSON
import LoopbackHTTP
import Testing

/// What an operator sees and sets: TLS and status of the real programs.
@Suite struct OperatedTests {
  @Test func everythingGoesOverTLSWithCertificatesOnBothSides() async throws {
    let certificates = try TestCertificates()
    defer { certificates.remove() }
    try certificates.makeAuthority("ca")
    for name in ["server", "node", "ana"] { try certificates.make(name, by: "ca") }
    let deployment = try await Deployment()
    try await deployment.addShop()
    deployment.session.value?.signal(SIGTERM)
    _ = try await deployment.session.value?.exitStatus()
    deployment.options.value = [
      "--tls-listen", "127.0.0.1:0", "--tls-cert", certificates.path("server.pem"), "--tls-key", certificates.path("server.key"),
      "--tls-client-ca", certificates.path("ca.pem"),
    ]
    try await deployment.startSession()
    let secure = try #require(deployment.ready.value["tls_listen"]?.string)
    func tls(_ name: String) -> [String] {
      [
        "--tls-ca", certificates.path("ca.pem"), "--tls-cert", certificates.path(name + ".pem"), "--tls-key",
        certificates.path(name + ".key"),
      ]
    }
    try await deployment.startNode("n1", ["--server", secure] + tls("node"))
    let asked = try await deployment.run(
      ["ask", "--connection", "shop", "how many customers are there?", "--server", secure] + tls("ana"))
    try asked.expectSuccess()
    // A context remembers how, and is no use for another server.
    try await deployment.run(["context", "add", "safe", "--server", secure, "--key-file", deployment.adminKey] + tls("ana"))
      .expectSuccess()
    let inContext = try await CommandResult.run(
      "kaictl", ["server", "info"], environment: ["HOME": deployment.folder.path])
    try inContext.expectSuccess()
    // Without a certificate, or with plain text, there is nobody to talk to.
    let bare = try await deployment.run(["server", "info", "--server", secure, "--tls-ca", certificates.path("ca.pem")])
    #expect(bare.status == 3 || bare.status == 6, "\(bare.errors)")
    let plain = try await deployment.run(["server", "info", "--server", secure, "--timeout", "5s"])
    #expect(plain.status != 0)
  }

  @Test func theirStatusIsThereForMachines() async throws {
    let deployment = try await Deployment()
    try await deployment.addShop()
    deployment.session.value?.signal(SIGTERM)
    _ = try await deployment.session.value?.exitStatus()
    deployment.options.value = ["--http", "127.0.0.1:0", "--log-format", "json"]
    try await deployment.startSession()
    let http = try #require(deployment.ready.value["http"]?.string)
    #expect(try await httpGet(http, "/healthz").contains("200 OK"))
    #expect(try await httpGet(http, "/readyz").contains("200 OK"))
    try await deployment.startNode("n1")
    try await deployment.ctl("ask", "--connection", "shop", "how many customers are there?").expectSuccess()
    try await deployment.ctl("session", "get", "sess_ffffffffffff")
    try await deployment.ctl("memory", "recall", "customers", "--connection", "shop").expectSuccess()
    let session = try await deployment.ctl("session", "create", "--connection", "shop", "-o", "ids").expectSuccess().line
    try await deployment.ctl("session", "delete", session, "-y").expectSuccess()
    let metrics = try await httpGet(http, "/metrics")
    for line in [
      "kai_requests_total{method=\"task.submit\",code=\"ok\"} 1",
      "kai_requests_total{method=\"session.get\",code=\"not_found\"} 1",
      "kai_requests_total{method=\"task.watch\",code=\"opened\"} 1", "kai_request_seconds_count{method=\"task.submit\"} 1",
      "kai_request_seconds_count{method=\"memory.recall\"} ", "kai_requests_total{method=\"session.delete\",code=\"ok\"} 1",
      "kai_nodes 1", "kai_slots 4", "kai_tasks{state=\"running\"} 0", "kai_queue_oldest_seconds 0",
      "# TYPE kai_store_commit_seconds histogram", "# TYPE kai_store_batch_units histogram",
    ] {
      #expect(metrics.contains("\n" + line), "\(line)")
    }
    #expect(!metrics.contains("kai_request_seconds_count{method=\"memory.recall\"} 0"))
    #expect(!metrics.contains("method=\"memory.recall\",code=\"opened\""), "it answers once")
    // What monitors and people read.
    let top = try await deployment.json("top")
    #expect(top["counts"]?["running"]?.integer == 0 && top["nodes"]?.array?.count == 1)
    let page = try await deployment.ctl("top").expectSuccess().output
    #expect(page.contains("0 running, 0 queued, 0 waiting  0 of 4 slots busy") && page.contains("n1"), "\(page)")
    let check = try await deployment.ctl("server", "check", "--format", "nagios").expectSuccess()
    #expect(check.line == "KAI OK - 7 checks")
    let doctor = try await deployment.json("doctor").array ?? []
    #expect(
      doctor.compactMap { $0["check"]?.string } == ["key", "server", "nodes", "connections", "clock", "disk", "fsync", "sqlite"])
    // How much space and time the machine has is not this test's.
    #expect(
      doctor.filter { !["disk", "fsync"].contains($0["check"]?.string) }.allSatisfy { $0["ok"]?.bool == true }, "\(doctor)")
    let figures = try await deployment.ctl("server", "stats", "--format", "prometheus").expectSuccess().output
    #expect(figures.contains("\nkai_connections_open ") && figures.split(separator: "\n").count > 10)
    for line in deployment.session.value?.logText.split(separator: "\n") ?? [] {
      let entry = try JSONValue(parsing: String(line))
      #expect(entry["time"]?.string != nil && entry["message"]?.string != nil)
    }
    let address = try #require(deployment.ready.value["http"]?.string)
    let well = try await CommandResult.run("kai-session", ["--probe", "--http", address], environment: [:])
    #expect(well.status == 0, "\(well.errors)")
    try await deployment.ctl("server", "drain", "-y").expectSuccess()
    let draining = try await CommandResult.run("kai-session", ["--probe", "--http", address], environment: [:])
    #expect(draining.status == 6 && draining.errors.contains("503"), "\(draining.errors)")
  }
}
