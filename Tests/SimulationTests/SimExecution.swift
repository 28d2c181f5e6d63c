import NIOCore
import Wire

@testable import AgentService

/// One execution of a task on a simulated node: fetch, fold, then model → tools → commit, as the agent's loop does it.
///
/// The "model" is a plan that follows from the task alone: so many turns, each with one call of a tool that is pure or unsafe.
final class SimExecution {
  let assignment: ExecutionAssignment
  private let control: ExecutionControl
  private let node: SimNode
  private var transcript: Transcript
  private var head: UInt64 = 0
  private var isOver = false

  init(_ node: SimNode, _ assignment: ExecutionAssignment, _ control: ExecutionControl) {
    self.node = node
    self.assignment = assignment
    self.control = control
    transcript = Transcript(taskId: assignment.task.id)
  }

  private var taskId: String { assignment.task.id }
  /// Turns of the plan: 1...5.
  private var turns: Int { 1 + Int(taskId.utf8.reduce(0) { $0 &* 31 &+ UInt64($1) } % 5) }

  private func isUnsafe(turn: Int) -> Bool { (turn + taskId.utf8.count + Int(taskId.utf8.last ?? 0)) % 2 == 0 }

  private func callId(turn: Int) -> String { "\(taskId).\(turn)" }

  // MARK: Begin

  func begin() {
    guard let link = node.client.link else { return abandon() }
    var steps: [[TranscriptEntry]] = []
    var last: UInt64 = 0
    link.call(.checkpointFetch, CheckpointFetchRequest.with { $0.sessionId = assignment.session.id }) { item in
      guard let checkpoint = try? Checkpoint(decoding: item.message),
        let body = try? CheckpointArchive.open(item.attachment, crc: checkpoint.bodyCrc)
      else { return }
      steps.append(body.entries)
      last = checkpoint.step
    } ended: { [self] result in
      node.whenAwake { [self] _ in
        guard case .success = result else { return abandon() }
        transcript = Transcript(taskId: taskId, steps: steps)
        head = last
        start()
      }
    }
  }

  private func start() {
    let isResumed = transcript.progress.executions > 0
    var entries = [
      TranscriptEntry.of(Timestamp()) {
        $0.taskStarted = .with {
          $0.taskId = taskId
          $0.attempt = assignment.task.attempt
          $0.nodeName = node.name
          $0.resumed = isResumed
          $0.fromStep = head
        }
      }
    ]
    if !transcript.progress.hasQuestion {
      entries.append(.of(Timestamp()) { $0.user = .with { $0.text = assignment.task.prompt } })
    }
    commit(.input, entries) { $0.step() }
  }

  // MARK: Steps

  private func step() {
    let progress = transcript.progress
    if let pending = progress.pending.first { return run(pending) }
    switch control.stop {
    case .leaseLost: return abandon()
    case .cancelled: return finish(.cancelled)
    case .atBoundary: return commit(.step, [], release: true) { $0.over() }
    case nil: break
    }
    guard progress.turns < turns else { return finish(.completed) }
    // The model thinks.
    after(node.world.random(5...1_500)) { $0.modelTurn() }
  }

  private func modelTurn() {
    if control.stop == .leaseLost { return abandon() }
    if control.stop == .cancelled { return finish(.cancelled) }
    let turn = transcript.progress.turns
    let call = ToolCall.with {
      $0.id = callId(turn: turn)
      $0.name = isUnsafe(turn: turn) ? "transfer" : "look"
      $0.arguments = "{}"
    }
    let assistant = TranscriptEntry.of(Timestamp()) { $0.assistant = .with { $0.toolCalls = [call] } }
    guard isUnsafe(turn: turn) else {
      let result = self.result(of: call, "seen")
      return commit(.step, [assistant, result]) { $0.step() }
    }
    commit(.intent, [assistant, intent(of: call)]) { $0.step() }
  }

  /// A call without a result: one whose intent is committed may have run already, on a node that died.
  private func run(_ pending: TaskProgress.PendingCall) {
    if control.stop == .leaseLost { return abandon() }
    guard pending.call.name == "transfer" else {
      return commit(.outcome, [result(of: pending.call, "seen")]) { $0.step() }
    }
    guard pending.mayHaveRun else { return commit(.intent, [intent(of: pending.call)]) { $0.step() } }
    let isOurs = intended == pending.call.id
    guard isOurs || node.faults.repeatsUnsafeTools else {
      return commit(.outcome, [result(of: pending.call, "outcome unknown")]) { $0.step() }
    }
    intended = nil
    after(node.world.random(0...400)) { execution in
      // The effect is out there from here on, whatever becomes of the node.
      execution.node.record.effect(pending.call.id)
      execution.after(execution.node.world.random(1...400)) {
        $0.commit(.outcome, [$0.result(of: pending.call, "done")]) { $0.step() }
      }
    }
  }

  /// The call whose intent this very execution has committed, so that it has surely not run yet.
  private var intended: String?

  private func intent(of call: ToolCall) -> TranscriptEntry {
    intended = call.id
    return .of(Timestamp()) {
      $0.toolIntent = .with {
        $0.callId = call.id
        $0.name = call.name
        $0.effect = SideEffect.unsafe.rawValue
      }
    }
  }

  private func result(of call: ToolCall, _ content: String) -> TranscriptEntry {
    .of(Timestamp()) {
      $0.toolResult = .with {
        $0.callId = call.id
        $0.name = call.name
        $0.content = content
      }
    }
  }

  // MARK: Endings

  private func finish(_ status: TaskStatus) {
    let end = TranscriptEntry.of(Timestamp()) {
      $0.taskFinished = .with {
        $0.taskId = taskId
        $0.status = status
      }
    }
    let result = TaskResult.with {
      $0.status = status
      $0.answer = taskId
    }
    commit(.final, [end], finish: result) { $0.over() }
  }

  private func over() {
    isOver = true
    node.ended(self)
  }

  private func abandon() {
    guard !isOver else { return }
    over()
  }

  private func after(_ delayMs: Int64, _ act: @escaping (SimExecution) -> Void) {
    node.after(delayMs) { [self] _ in if !isOver { act(self) } }
  }

  // MARK: Commits

  private func commit(
    _ kind: CheckpointKind, _ entries: [TranscriptEntry], finish: TaskResult? = nil, release: Bool = false,
    then next: @escaping (SimExecution) -> Void
  ) {
    if control.stop == .leaseLost { return abandon() }
    guard let body = try? CheckpointArchive.seal(.with { $0.entries = entries }) else { return abandon() }
    let request = CommitRequest.with {
      $0.fence = assignment.fence
      $0.parentStep = head
      $0.kind = kind
      $0.summary = "simulated"
      $0.bodyBytes = UInt32(body.bytes.readableBytes)
      $0.bodyCrc = body.crc
      $0.finish = finish
      $0.release = release
    }
    let lease = assignment.lease
    let leases = node.leases
    let ignoresFences = node.faults.ignoresFences
    node.client.call(.checkpointCommit, request, attachment: body.bytes) {
      ignoresFences ? .max : leases.end(of: lease)
    } ended: { [self] result in
      // The client library has the answer, whether the node's own code gets to see it or not.
      if case .success(let message) = result, let response = try? CommitResponse(decoding: message) {
        node.record.acknowledged(assignment.fence, step: response.step, crc: body.crc, finish: finish?.status)
      }
      node.whenAwake { [self] _ in
        guard !isOver else { return }
        guard case .success(let message) = result, let response = try? CommitResponse(decoding: message) else {
          return abandon()
        }
        head = response.step
        transcript.append(entries)
        if response.cancel { control.request(.cancelled) }
        if response.pause { control.request(.atBoundary) }
        next(self)
      }
    }
  }
}
