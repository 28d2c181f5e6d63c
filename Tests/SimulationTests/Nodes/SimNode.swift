import NIOCore
import Wire

@testable import AgentService

/// A node's life: attaches, takes tasks, heartbeats, fences itself, is frozen and dies. Leases, transcript and progress are the
/// real node's; its asynchronous shell is written again here as callbacks, because a simulation has one thread.
final class SimNode {
  let name: String
  let world: SimWorld
  let faults: SimFaults
  let record: SimRecord
  let client: SimClient
  let leases = LeaseBook()
  private(set) var nodeId = ""
  private(set) var isDead = false
  private var frozenUntilMs: Int64 = 0
  private var isAttached = false
  private var executions: [String: SimExecution] = [:]

  init(_ name: String, world: SimWorld, server: SimServer, record: SimRecord, faults: SimFaults) {
    self.name = name
    self.world = world
    self.record = record
    self.faults = faults
    client = SimClient(SimRecord.agent, world: world, server: server, faults: faults)
    world.atEnd { [weak self] in self?.executions = [:] }
    client.onConnected = { [weak self] in self?.attach() }
    client.onLost = { [weak self] in self?.isAttached = false }
    every(Limits.heartbeatIntervalMs) { $0.beat() }
    every(250) { node in
      if !node.faults.ignoresFences { node.leases.fence(at: node.world.nowMs) }
    }
  }

  /// kill -9.
  func die() {
    isDead = true
    executions = [:]
    client.close()
  }

  /// SIGSTOP, and SIGCONT after a while. Time goes on meanwhile, and what arrives waits.
  func freeze(forMs duration: Int64) { frozenUntilMs = world.nowMs + duration }

  /// Does something as soon as the node runs; never when it is dead.
  func whenAwake(_ act: @escaping (SimNode) -> Void) {
    guard !isDead else { return }
    guard world.nowMs < frozenUntilMs else { return act(self) }
    world.after(frozenUntilMs - world.nowMs) { [weak self] in self?.whenAwake(act) }
  }

  func after(_ delayMs: Int64, _ act: @escaping (SimNode) -> Void) {
    world.after(delayMs) { [weak self] in self?.whenAwake(act) }
  }

  private func every(_ intervalMs: Int64, _ act: @escaping (SimNode) -> Void) {
    after(intervalMs) { node in
      act(node)
      node.every(intervalMs, act)
    }
  }

  // MARK: The stream

  private func attach() {
    whenAwake { node in
      guard !node.isAttached, let link = node.client.link else { return }
      node.isAttached = true
      let request = NodeAttachRequest.with {
        $0.name = node.name
        $0.slots = 3
        $0.resumeNodeId = node.nodeId
      }
      link.call(.nodeAttach, request) { [weak node] item in
        guard let decoded = try? NodeItem(decoding: item.message) else { return }
        node?.whenAwake { $0.receive(decoded) }
      } ended: { [weak node] _ in
        node?.isAttached = false
        node?.after(100) { if $0.client.link != nil { $0.attach() } }
      }
    }
  }

  private func receive(_ item: NodeItem) {
    if let welcome = item.welcome {
      nodeId = welcome.nodeId
      beat()
    }
    if let revoked = item.revoke { leases.revoke(revoked) }
    if let assignment = item.assignment { take(assignment) }
  }

  private func take(_ item: Assignment) {
    guard let assignment = try? ExecutionAssignment(item, nodeId: nodeId, nodeName: name) else { return }
    let control = ExecutionControl()
    let end = world.nowMs + Limits.leaseTtlMs - Limits.leaseMarginMs
    guard leases.add(assignment.lease, control: control, end: end) else {
      leases.release(assignment.lease)
      return beat()
    }
    let execution = SimExecution(self, assignment, control)
    executions[assignment.task.id] = execution
    beat()
    execution.begin()
  }

  func ended(_ execution: SimExecution) {
    leases.remove(execution.assignment.lease)
    if executions[execution.assignment.task.id] === execution { executions[execution.assignment.task.id] = nil }
    beat()
  }

  // MARK: Heartbeats

  private func beat() {
    guard !nodeId.isEmpty, let link = client.link else { return }
    let sentMs = world.nowMs
    let (held, released) = leases.report()
    let request = NodeHeartbeatRequest.with {
      $0.nodeId = nodeId
      $0.leases = held
      $0.released = released
    }
    link.call(.nodeHeartbeat, request) { [weak self] result in
      self?.whenAwake { node in
        guard case .success(let message) = result, let answer = try? NodeHeartbeatResponse(decoding: message) else {
          return node.leases.unsent(released)
        }
        node.leases.renewed(held, lost: answer.lost, until: sentMs + Limits.leaseTtlMs - Limits.leaseMarginMs)
        for revoked in answer.revoked { node.leases.revoke(revoked) }
      }
    }
  }
}
