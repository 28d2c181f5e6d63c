import ArgumentParser
import Logging
import Testing
import Wire

@testable import SessionService

@Suite struct SettingsTests {
  private func settings(_ arguments: [String], _ environment: [String: String] = [:]) throws -> Settings {
    try Settings(try Program.parse(arguments), environment: { environment[$0] })
  }

  @Test func theDefaultsAreTheContract() throws {
    let settings = try settings([])
    #expect(settings.dataFolder == "./kai-data")
    #expect(settings.host == "127.0.0.1")
    #expect(settings.port == 7411)
    #expect(settings.readyFile == nil)
    #expect(settings.logLevel == .info)
    #expect(!settings.allowPlaintext)
    #expect(settings.deleteIdleDays == nil, "nothing goes by itself")
  }

  @Test func daysAreBounded() throws {
    #expect(try settings([], ["KAI_SESSION_DELETE_IDLE_DAYS": "30"]).deleteIdleDays == 30)
    for days in ["0", "-1", "36501", "30d", "1.5"] {
      let error = #expect(throws: WireError.self) { try settings(["--delete-idle-days=" + days]) }
      #expect(error?.message.contains("--delete-idle-days") == true)
    }
  }

  @Test func theEnvironmentCountsAndTheCommandLineWins() throws {
    let environment = ["KAI_SESSION_DATA": "/env", "KAI_SESSION_LISTEN": "[::1]:0", "KAI_SESSION_READY_FILE": "/ready"]
    let settings = try settings(["--data", "/line", "--log-level", "debug"], environment)
    #expect(settings.dataFolder == "/line")
    #expect(settings.host == "::1")
    #expect(settings.port == 0)
    #expect(settings.readyFile == "/ready")
    #expect(settings.logLevel == .debug)
  }

  @Test func tlsNeedsItsFiles() throws {
    let settings = try settings(
      ["--tls-listen", "0.0.0.0:7443", "--tls-cert", "a", "--tls-key", "b"], ["KAI_SESSION_TLS_CLIENT_CA": "c"])
    #expect(settings.tls?.port == 7_443)
    #expect(settings.tls?.files == ServerTLS.Files(certificate: "a", key: "b", clientCA: "c"))
  }

  @Test(arguments: [
    ["--listen", "7411"], ["--listen", "host:"], ["--listen", ":7411"], ["--listen", "host:65536"], ["--listen", "host:-1"],
    ["--tls-listen", "127.0.0.1:0"], ["--tls-cert", "a", "--tls-key", "b"],
    ["--tls-listen", "127.0.0.1:0", "--tls-cert", "a", "--tls-key", "b", "--tls-revoked", "c"],
    ["--log-level", "loud"], ["--log-format", "xml"], ["--http", "7412"], ["--http", "host:99999"], ["--data", ""],
  ])
  func whatCannotBeServedIsRefused(_ arguments: [String]) {
    let error = #expect(throws: WireError.self) { try settings(arguments) }
    #expect(error?.errorCode == .usage)
  }
}
