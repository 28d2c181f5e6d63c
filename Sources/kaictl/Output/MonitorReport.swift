import ArgumentParser
import JSON
import Wire

/// The forms in which monitors read what a service says of itself.
enum MonitorFormat: String, ExpressibleByArgument, CaseIterable {
  /// One line and the exit codes of the Nagios plugins: 0 OK, 2 CRITICAL.
  case nagios
  case json
  /// Prometheus' text format, for a textfile collector.
  case prometheus
  /// `name value`, a line each.
  case text
}

/// Findings and figures for monitors.
enum MonitorReport {
  /// Of a Nagios plugin.
  static let critical: Int32 = 2

  static func text(_ check: ServerCheck, _ format: MonitorFormat) -> String {
    let wrong = check.findings.filter { !$0.ok }
    switch format {
    case .nagios:
      return wrong.isEmpty
        ? "KAI OK - \(Quantities.count(UInt64(check.findings.count), "check"))"
        : "KAI CRITICAL - " + wrong.map { "\($0.name): \(Escaping.line($0.detail))" }.joined(separator: "; ")
    case .json: return check.json().text()
    case .prometheus:
      return "# HELP kai_check_ok 1 when the stored data passed the check.\n# TYPE kai_check_ok gauge\n"
        + check.findings.map { "kai_check_ok{check=\"\($0.name)\"} \($0.ok ? 1 : 0)" }.joined(separator: "\n")
    case .text:
      return check.findings.map { "\($0.name): \($0.ok ? "ok" : "WRONG \(Escaping.line($0.detail))")" }.joined(separator: "\n")
    }
  }

  static func text(_ stats: ServerStats, _ format: MonitorFormat) -> String {
    switch format {
    case .nagios:
      return "KAI OK - \(Quantities.count(UInt64(stats.stats.count), "figure")) | "
        + stats.stats.map { "\($0.name)=\(Quantities.figure($0.value))" }.joined(separator: " ")
    case .json: return stats.json().text()
    case .prometheus:
      return stats.stats.map { "# TYPE kai_\($0.name) gauge\nkai_\($0.name) \(Quantities.figure($0.value))" }.joined(
        separator: "\n")
    case .text: return stats.stats.map { "\($0.name) \(Quantities.figure($0.value))" }.joined(separator: "\n")
    }
  }
}
