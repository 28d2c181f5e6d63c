import ChaosLedger

/// Holds the world outside against the transcripts.
struct LedgerCheck {
  let effects: Ledger.Effects
  let traces: [String: CallTraces.Trace]
  let findings: Findings
  let counters: Counters

  func run() {
    counters.set(.unsafeCalls, to: effects.unsafe.values.reduce(0, +))
    counters.set(.transactionalCalls, to: effects.transactional.values.reduce(0, +))
    counters.set(.idempotentReruns, to: effects.idempotent.values.reduce(0) { $0 + $1 - 1 })
    for (key, count) in effects.unsafe where count > 1 {
      findings.add(.effectOnce, "the unsafe call \(key) had its effect \(count) times")
    }
    for (key, count) in effects.transactional where count > 1 {
      findings.add(.effectOnce, "the transactional call \(key) had its effect \(count) times")
    }
    checkIntents(effects.unsafe, "ledger_unsafe")
    checkIntents(effects.transactional, "ledger_transactional")
    checkIntents(effects.idempotent, "ledger_idempotent")
    for (key, trace) in traces {
      if trace.tool == "ledger_unsafe", trace.succeeded == false { counters.add(.unknownOutcomes) }
      guard trace.succeeded == true else { continue }
      let count =
        switch trace.tool {
        case "ledger_unsafe": effects.unsafe[key]
        case "ledger_transactional": effects.transactional[key]
        default: effects.idempotent[key]
        }
      if count == nil { findings.add(.journal, "the call \(key) of \(trace.tool) has a result and no effect") }
    }
  }

  /// Whatever happened in the world had been announced in a durable step.
  private func checkIntents(_ counts: [String: Int], _ tool: String) {
    for key in counts.keys {
      guard let trace = traces[key], trace.tool == tool else {
        findings.add(.nothingLost, "the call \(key) of \(tool) had its effect and is in no transcript")
        continue
      }
      if !trace.hasIntent { findings.add(.journal, "the call \(key) of \(tool) had its effect without an intent") }
    }
  }
}
