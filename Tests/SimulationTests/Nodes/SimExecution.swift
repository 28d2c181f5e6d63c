import NIOCore
import Wire

@testable import AgentService

/// One execution of a task on a simulated node: fetch, fold, then model → tools → commit, as ``AgentLoop`` does it.
final class SimExecution {
  let assignment: ExecutionAssignment
  let node: SimNode
  private let control: ExecutionControl
  private let plan: SimPlan
  private var transcript: Transcript
  private var head: UInt64 = 0
  private var isOver = false

  private typealias Pending = TaskProgress.PendingCall

  init(_ node: SimNode, _ assignment: ExecutionAssignment, _ control: ExecutionControl) {
    self.node = node
    self.assignment = assignment
    self.control = control
    plan = SimPlan(task: assignment.task.id)
    transcript = Transcript(taskId: assignment.task.id)
  }

  private var taskId: String { assignment.task.id }

  // MARK: Begin

  func begin() {
    guard let link = node.client.link else { return over() }
    var steps: [[TranscriptEntry]] = []
    var chain: [(step: UInt64, crc: UInt32)] = []
    link.call(.checkpointFetch, CheckpointFetchRequest.with { $0.sessionId = assignment.session.id }) { item in
      guard let checkpoint = try? Checkpoint(decoding: item.message),
        let body = try? CheckpointArchive.open(item.attachment, crc: checkpoint.bodyCrc)
      else { return }
      steps.append(body.entries)
      chain.append((checkpoint.step, checkpoint.bodyCrc))
    } ended: { [self] result in
      node.whenAwake { [self] _ in
        guard case .success = result else { return over() }
        node.record.fetched(assignment.session.id, chain)
        transcript = Transcript(taskId: taskId, steps: steps)
        head = chain.last?.step ?? 0
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
    // What a person said to the question that is open, as the agent's loop takes it.
    if let open = transcript.progress.question, let asked = assignment.task.question, asked.id == open.id,
      let answer = asked.answer
    {
      entries.append(.of(Timestamp()) { $0.answer = answer })
    }
    if !transcript.progress.hasQuestion {
      entries.append(.of(Timestamp()) { $0.user = .with { $0.text = assignment.task.prompt } })
    }
    commit(.input, entries) { $0.step() }
  }

  // MARK: Steps

  private func step() {
    let progress = transcript.progress
    guard progress.pending.isEmpty else { return runCalls(progress.pending, after: []) }
    switch control.stop {
    case .leaseLost: return over()
    case .cancelled: return finish(.cancelled)
    case .atBoundary: return commit(.step, [], release: true) { $0.over() }
    case nil: break
    }
    guard progress.turns < plan.turns else { return finish(.completed) }
    // The model thinks.
    after(node.world.random(5...1_500)) { $0.modelTurn() }
  }

  private func modelTurn() {
    if stopsNow() { return }
    var progress = transcript.progress
    let turn = progress.turns
    let planned = plan.asks(turn: turn) ? [] : plan.calls(turn: turn)
    var calls = planned.map { call in
      ToolCall.with {
        $0.id = call.id
        $0.name = call.effect.rawValue
        $0.arguments = "{}"
      }
    }
    if planned.isEmpty { calls = [.with { ($0.id, $0.name) = ("\(taskId).\(turn).ask", Self.askTool) }] }
    let assistant = TranscriptEntry.of(Timestamp()) { $0.assistant = .with { $0.toolCalls = calls } }
    progress.add(assistant)
    runCalls(progress.pending, after: [assistant])
  }

  /// Commits the intents that are missing, runs the calls, and commits what came of them.
  private func runCalls(_ calls: [Pending], after entries: [TranscriptEntry]) {
    if let call = calls.first(where: { $0.call.name == Self.askTool && $0.answer == nil }) {
      return ask(about: call.call, after: entries)
    }
    let intents = calls.filter { !$0.mayHaveRun && ![SideEffect.pure.rawValue, Self.askTool].contains($0.call.name) }
      .map(intent)
    guard !intents.isEmpty else { return run(calls[...], [], after: entries) }
    commit(.intent, entries + intents) { $0.run(calls[...], [], after: []) }
  }

  private func run(_ calls: ArraySlice<Pending>, _ results: [TranscriptEntry], after entries: [TranscriptEntry]) {
    if stopsNow() { return }
    guard let pending = calls.first else {
      return commit(entries.isEmpty ? .outcome : .step, entries + results) { $0.step() }
    }
    run(pending) { execution, content in
      execution.run(calls.dropFirst(), results + [execution.result(of: pending.call, content)], after: entries)
    }
  }

  private func run(_ pending: Pending, _ ended: @escaping (SimExecution, String) -> Void) {
    if let answer = pending.answer { return ended(self, "\(answer.verdict.label) \(answer.text)") }
    let call = SimPlan.Call(id: pending.call.id, effect: SideEffect(rawValue: pending.call.name) ?? .pure)
    if call.effect == .pure { return ended(self, "seen") }
    if call.effect == .unsafe, pending.mayHaveRun, !node.faults.repeatsUnsafeTools { return ended(self, "outcome unknown") }
    if pending.mayHaveRun, node.faults.skipsRepeats { return ended(self, "done") }
    after(node.world.random(0...400)) { execution in
      // The effect is out there from here on, whatever becomes of the node.
      let record = execution.node.record
      if call.effect == .transactional {
        record.booked(call, key: pending.key, ignoresKey: execution.node.faults.ignoresCallKeys)
      } else {
        record.ran(call)
      }
      execution.after(execution.node.world.random(1...400)) { ended($0, "done") }
    }
  }

  private static let askTool = "ask_user"

  /// Hands the task back until a person has answered.
  private func ask(about call: ToolCall, after entries: [TranscriptEntry]) {
    if stopsNow() { return }
    let question = TaskQuestion.with {
      $0.id = "q\(head + 1)"
      $0.kind = .input
      $0.text = "what now?"
      $0.call = call
    }
    let entry = TranscriptEntry.of(Timestamp()) { $0.question = question }
    commit(.question, entries + [entry], ask: question) { $0.over() }
  }

  private func intent(of pending: Pending) -> TranscriptEntry {
    .of(Timestamp()) {
      $0.toolIntent = .with {
        $0.callId = pending.call.id
        $0.name = pending.call.name
        $0.effect = pending.call.name
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

  /// Whether somebody wants the execution to stop at once, which it then does.
  private func stopsNow() -> Bool {
    switch control.stop {
    case .leaseLost: over()
    case .cancelled: finish(.cancelled)
    case .atBoundary, nil: return false
    }
    return true
  }

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
    guard !isOver else { return }
    isOver = true
    node.ended(self)
  }

  /// A commit failed: the work is somebody else's, or kai-session cannot be reached, or its store has failed for good.
  private func end(after error: WireError, isFinishing: Bool) {
    let isAbandoned =
      control.stop == .leaseLost || error.meansLeaseIsLost || error.isOfTheService || error.retry == .reconnect
      || error.errorCode == .deadlineExceeded || isFinishing
    if isAbandoned { return over() }
    node.record.mayFail.insert(taskId)
    finish(control.stop == .cancelled ? .cancelled : .failed)
  }

  private func after(_ delayMs: Int64, _ act: @escaping (SimExecution) -> Void) {
    node.after(delayMs) { [self] _ in if !isOver { act(self) } }
  }

  // MARK: Commits

  private func commit(
    _ kind: CheckpointKind, _ entries: [TranscriptEntry], finish: TaskResult? = nil, release: Bool = false,
    ask: TaskQuestion? = nil, then next: @escaping (SimExecution) -> Void
  ) {
    if control.stop == .leaseLost { return over() }
    guard let body = try? CheckpointArchive.seal(.with { $0.entries = entries }) else { return over() }
    let request = CommitRequest.with {
      $0.fence = assignment.fence
      $0.parentStep = head
      $0.kind = kind
      $0.summary = "simulated"
      $0.bodyBytes = UInt32(body.bytes.readableBytes)
      $0.bodyCrc = body.crc
      $0.finish = finish
      $0.release = release
      $0.ask = ask
    }
    let (lease, leases, ignoresFences) = (assignment.lease, node.leases, node.faults.ignoresFences)
    node.client.call(.checkpointCommit, request, attachment: body.bytes) {
      ignoresFences ? .max : leases.end(of: lease)
    } ended: { [self] result in
      let answer = result.flatMap { message in
        Result { () throws(WireError) in try CommitResponse(decoding: message) }
      }
      // The client library has the answer, whether the node's own code gets to see it or not.
      if case .success(let response) = answer { node.record.acknowledged(request, as: response.step) }
      node.whenAwake { [self] _ in
        guard !isOver else { return }
        switch answer {
        case .failure(let error):
          end(after: error, isFinishing: finish != nil)
        case .success(let response):
          head = response.step
          transcript.append(entries)
          if response.cancel { control.request(.cancelled) }
          if response.pause { control.request(.atBoundary) }
          next(self)
        }
      }
    }
  }
}
