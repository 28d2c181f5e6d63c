import Testing
import Wire

@testable import kaictl

@Suite struct MonitorReportTests {
  private let well = ServerCheck.with { check in
    check.ok = true
    check.findings = [.with { ($0.name, $0.ok) = ("store file", true) }]
  }
  private let broken = ServerCheck.with { check in
    check.findings = [
      .with { ($0.name, $0.ok) = ("store file", true) },
      .with { ($0.name, $0.ok, $0.detail) = ("heads of chains", false, "session 's'\nhas no head") },
    ]
  }
  private let stats = ServerStats.with { stats in
    stats.stats = [.with { ($0.name, $0.value) = ("connections_open", 3) }, .with { ($0.name, $0.value) = ("load", 0.5) }]
  }

  @Test func aMonitorReadsWhatIsWrong() {
    #expect(MonitorReport.text(well, .nagios) == "KAI OK - 1 check")
    let critical = MonitorReport.text(broken, .nagios)
    #expect(critical.hasPrefix("KAI CRITICAL - heads of chains: ") && !critical.contains("\n"))
    #expect(MonitorReport.text(broken, .prometheus).hasSuffix("kai_check_ok{check=\"heads of chains\"} 0"))
    #expect(MonitorReport.text(well, .text) == "store file: ok")
    #expect(MonitorReport.text(well, .json).contains("\"store file\""))
  }

  @Test func figuresInEveryForm() {
    #expect(MonitorReport.text(stats, .nagios) == "KAI OK - 2 figures | connections_open=3 load=0.5")
    #expect(MonitorReport.text(stats, .text) == "connections_open 3\nload 0.5")
    #expect(
      MonitorReport.text(stats, .prometheus)
        == "# TYPE kai_connections_open gauge\nkai_connections_open 3\n# TYPE kai_load gauge\nkai_load 0.5")
  }
}
