import Synchronization
import Wire

/// The leases that a node holds, and until when they surely last. Times are milliseconds on the boot clock.
///
/// The end is counted from when the renewing heartbeat was *sent*, so that the node's idea of it is never later than the
/// server's.
final class LeaseBook: Sendable {
  struct Held: Sendable {
    let lease: LeaseRef
    let control: ExecutionControl
    var end: Int64
  }

  private struct State {
    var held: [String: Held] = [:]
    var released: [LeaseRef] = []
  }

  private let state = Mutex(State())

  var count: Int { state.withLock { $0.held.count } }

  /// - Returns: false when the task is running here already.
  func add(_ lease: LeaseRef, control: ExecutionControl, end: Int64) -> Bool {
    state.withLock { state in
      guard state.held[lease.taskId] == nil else { return false }
      state.held[lease.taskId] = Held(lease: lease, control: control, end: end)
      return true
    }
  }

  func remove(_ lease: LeaseRef) {
    state.withLock { state in
      if state.held[lease.taskId]?.lease == lease { state.held[lease.taskId] = nil }
    }
  }

  /// Hands a lease back with the next heartbeat.
  func release(_ lease: LeaseRef) {
    remove(lease)
    state.withLock { $0.released.append(lease) }
  }

  func end(of lease: LeaseRef) -> Int64 {
    state.withLock { state in state.held[lease.taskId].flatMap { $0.lease == lease ? $0.end : nil } ?? 0 }
  }

  /// What the next heartbeat says.
  func report() -> (leases: [LeaseRef], released: [LeaseRef]) {
    state.withLock { state in
      defer { state.released = [] }
      return (state.held.values.map(\.lease), state.released)
    }
  }

  /// A heartbeat did not arrive: what it was to hand back is said again.
  func unsent(_ released: [LeaseRef]) {
    state.withLock { $0.released += released }
  }

  /// A heartbeat was answered: all but the lost leases last until `end`.
  func renewed(_ leases: [LeaseRef], lost: [LeaseRef], until end: Int64) {
    let stopped = state.withLock { state -> [ExecutionControl] in
      for lease in leases where !lost.contains(lease) && state.held[lease.taskId]?.lease == lease {
        state.held[lease.taskId]?.end = end
      }
      return lost.compactMap { lease in
        guard let held = state.held[lease.taskId], held.lease == lease else { return nil }
        state.held[lease.taskId] = nil
        return held.control
      }
    }
    for control in stopped { control.request(.leaseLost) }
  }

  /// Stops what a revocation names.
  func revoke(_ revoked: LeaseRevoked) {
    let control = state.withLock { state -> ExecutionControl? in
      guard let held = state.held[revoked.taskId], held.lease.epoch == revoked.epoch else { return nil }
      return held.control
    }
    control?.request(revoked.cancelled ? .cancelled : revoked.atStepBoundary ? .atBoundary : .leaseLost)
  }

  /// Stops every execution whose lease may be over.
  func fence(at now: Int64) {
    let over = state.withLock { state in
      let over = state.held.values.filter { $0.end <= now }
      for held in over { state.held[held.lease.taskId] = nil }
      return over
    }
    for held in over { held.control.request(.leaseLost) }
  }

  func stopAll(_ stop: ExecutionControl.Stop) {
    for held in state.withLock({ Array($0.held.values) }) { held.control.request(stop) }
  }
}
