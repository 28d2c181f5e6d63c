import AgentService
import ChaosLedger
import Dispatch
import JSON
import SQLite
import Wire

/// The ledger of this process, on a thread of its own: it may wait for other nodes' locks, which must hold up nothing else.
final class LedgerDesk: @unchecked Sendable {
  // The ledger is touched on the queue alone.
  private let queue = DispatchQueue(label: "ledger")
  private let ledger: Ledger
  let node: String

  /// - Throws: `local_io`
  init(path: String, node: String) throws(WireError) {
    do throws(SQLiteError) { ledger = try Ledger(path: path) } catch { throw Self.failure(error) }
    self.node = node
  }

  /// - Throws: `tool_failed`: nothing was changed.
  func write(_ change: @escaping @Sendable (Ledger) throws(SQLiteError) -> Void) async throws(WireError) {
    let result: Result<Void, WireError> = await withCheckedContinuation { continuation in
      queue.async { [self] in
        do throws(SQLiteError) {
          try change(ledger)
          continuation.resume(returning: .success(()))
        } catch {
          continuation.resume(returning: .failure(Self.failure(error)))
        }
      }
    }
    try result.get()
  }

  private static func failure(_ error: SQLiteError) -> WireError { WireError(.toolFailed, "the ledger failed: \(error)") }
}

/// One tool for each class of side effect that is not pure.
enum LedgerTools {
  static func honest(_ desk: LedgerDesk) -> [AddedTool] { all(desk, unsafeIs: .unsafe, lingerMs: 0) }

  /// The unsafe one says that it is idempotent, and takes its time, so that a node may die in it.
  static func lying(_ desk: LedgerDesk) -> [AddedTool] { all(desk, unsafeIs: .idempotent, lingerMs: 400) }

  private static func all(_ desk: LedgerDesk, unsafeIs effect: SideEffect, lingerMs: Int64) -> [AddedTool] {
    let node = desk.node
    return [
      tool("ledger_unsafe", effect, desk, lingerMs: lingerMs) { (ledger, key) throws(SQLiteError) in
        try ledger.addUnsafe(callKey: key, node: node)
      },
      tool("ledger_transactional", .transactional, desk) { (ledger, key) throws(SQLiteError) in
        try ledger.addTransactional(callKey: key, node: node)
      },
      tool("ledger_idempotent", .idempotent, desk) { (ledger, key) throws(SQLiteError) in
        try ledger.putIdempotent(callKey: key)
      },
    ]
  }

  private static func tool(
    _ name: String, _ effect: SideEffect, _ desk: LedgerDesk, lingerMs: Int64 = 0,
    _ change: @escaping @Sendable (Ledger, String) throws(SQLiteError) -> Void
  ) -> AddedTool {
    AddedTool(
      name: name, description: "Writes the call into the ledger.",
      parameters: [
        "type": "object",
        "properties": ["linger_ms": ["type": "integer"]],
        "required": ["linger_ms"], "additionalProperties": false,
      ], sideEffect: effect
    ) { (arguments, site) throws(WireError) in
      let key = site.callKey
      guard !key.isEmpty else { throw WireError(.toolArguments, "the call has no key") }
      try await desk.write { (ledger) throws(SQLiteError) in try change(ledger, key) }
      // The effect is there and its outcome is not durable yet: the time in which a node should die.
      let linger = max(lingerMs, arguments["linger_ms"]?.integer ?? 0)
      do { try await Task.sleep(for: .milliseconds(linger)) } catch { throw WireError(.cancelled, "the task was stopped") }
      return #"{"written":"\#(key)"}"#
    }
  }
}
