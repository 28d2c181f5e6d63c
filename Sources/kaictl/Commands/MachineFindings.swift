import Wire

/// What figures of the server's machine mean: a detail when all is well, else an error that says what to do.
enum MachineFindings {
  static let mostSkew = 2.0
  static let leastFreeBytes = 1024.0 * 1024 * 1024
  static let slowestCommit = 50.0

  /// - Parameter server: its clock in seconds since 1970, read between two moments of this machine's.
  /// - Throws: `failed_precondition`
  static func clock(server: Double, between start: Timestamp, and end: Timestamp) throws(WireError) -> String {
    let (first, last) = (Double(start.microseconds) / 1e6, Double(end.microseconds) / 1e6)
    let skew = server < first ? server - first : server > last ? server - last : 0
    let text =
      skew == 0
      ? "the same" : "\(Quantities.figure((skew.magnitude * 10).rounded() / 10)) s \(skew < 0 ? "behind" : "ahead")"
    guard skew.magnitude <= mostSkew else {
      throw WireError(
        .failedPrecondition, "the server's clock is \(text) of this machine's",
        hint: "Leases do not depend on it; times, expiries and certificates do. Let NTP set both clocks.")
    }
    return "the server's clock: \(text)"
  }

  /// - Parameter server: the server's version; nodes of others are told, which go on working.
  /// - Throws: `unavailable`
  static func nodes(_ all: [NodeInfo], server: String) throws(WireError) -> String {
    let nodes = all.filter { $0.status == .attached }
    guard !nodes.isEmpty else {
      throw WireError(.unavailable, "no node is attached: tasks wait", hint: "Start kai-agent with an agent's key.")
    }
    let slots = nodes.reduce(UInt64(0)) { $0 + UInt64($1.slots) }
    let others = nodes.filter { $0.version != server }.map { "\($0.name) is \($0.version)" }.sorted()
    let skew = others.isEmpty ? "" : "; " + others.prefix(5).joined(separator: ", ") + (others.count > 5 ? ", …" : "")
    return "\(Quantities.count(UInt64(nodes.count), "node")), \(Quantities.count(slots, "slot"))" + skew
  }

  /// - Throws: `storage_full`
  static func disk(freeBytes: Double) throws(WireError) -> String {
    let text = Quantities.bytes(UInt64(max(0, freeBytes)))
    guard freeBytes >= leastFreeBytes else {
      throw WireError(
        .storageFull, "the data folder's disk has \(text) left",
        hint: "Free space; when it is full, nothing is written any more.")
    }
    return "\(text) free"
  }

  /// - Throws: `storage_failed`
  static func commit(milliseconds: Double) throws(WireError) -> String {
    let text = "\(Quantities.figure((milliseconds * 100).rounded() / 100)) ms a durable commit"
    guard milliseconds <= slowestCommit else {
      throw WireError(
        .storageFailed, text, hint: "The disk is slow or busy, and every step waits for it. Use a local SSD.")
    }
    return text
  }

  /// Releases from 3.7.0 to 3.51.2 can damage a database when two connections write while the log restarts
  /// (sqlite.org/wal.html); kai-session has one that writes.
  static func sqlite(version: Int) -> String {
    let text = "\(version / 1_000_000).\(version / 1_000 % 1_000).\(version % 1_000)"
    let isExposed = (3_007_000...3_051_002).contains(version)
    return text + (isExposed ? ", whose WAL-reset bug cannot happen here: one connection writes" : "")
  }

  static let certificateWarningDays = 14.0

  /// - Parameters:
  ///   - end: of a certificate, in seconds since 1970.
  ///   - whose: `the server's` or `your own`.
  /// - Throws: `tls_failed` when it has ended, `failed_precondition` when it will soon.
  static func certificate(_ whose: String, end: Double, now: Timestamp) throws(WireError) -> String {
    let days = (end - Double(now.microseconds) / 1e6) / 86_400
    guard days > 0 else {
      throw WireError(
        .tlsFailed, "\(whose) certificate has ended", hint: "Renew it; kai-session reads a new file within two seconds.")
    }
    let text = "\(whose) certificate is good for \(Quantities.count(UInt64(days), "day"))"
    guard days >= certificateWarningDays else {
      throw WireError(.failedPrecondition, text, hint: "Renew it soon; kai-session reads a new file within two seconds.")
    }
    return text
  }
}
