import Wire

/// One execution of a task: model → tools → commit, until the task ends or the lease does.
///
/// The transcript is all its state. Whatever step another execution stopped at, folding the transcript says what comes next:
/// calls without a result are run (or, if they must not be repeated, reported as unknown), then the model has its turn.
struct AgentLoop: Sendable {
  /// How an execution ended.
  enum Ending: Sendable, Equatable {
    case finished(TaskStatus)
    /// Handed back to the queue.
    case released
    /// Handed back until a person has answered.
    case asked
    /// The lease is gone, or kai-session cannot be reached: nothing more was written.
    case abandoned(WireError)
  }

  let assignment: ExecutionAssignment
  let model: any Model
  let registry: ToolRegistry
  let context: ToolContext
  let committer: any StepCommitter
  let control: ExecutionControl
  let now: @Sendable () -> Timestamp

  func run(_ transcript: Transcript) async -> Ending {
    var transcript = transcript
    do throws(WireError) {
      try await begin(transcript.progress, &transcript)
      while true {
        if let ending = try await step(&transcript) { return ending }
      }
    } catch {
      return await end(after: error, transcript)
    }
  }

  // MARK: Steps

  /// Commits that this execution begins, and the question if it is new.
  private func begin(_ progress: TaskProgress, _ transcript: inout Transcript) async throws(WireError) {
    let isResumed = progress.executions > 0
    let head = await committer.headStep
    var entries = [
      TranscriptEntry.of(now()) {
        $0.taskStarted = .with {
          $0.taskId = assignment.task.id
          $0.attempt = assignment.task.attempt
          $0.nodeName = assignment.nodeName
          $0.resumed = isResumed
          $0.fromStep = head
        }
      }
    ]
    let answer = answer(to: progress.question)
    if let answer { entries.append(.of(now()) { $0.answer = answer }) }
    if !progress.hasQuestion {
      let gathering = ContextGathering(
        assignment: assignment, memory: context.memory, schema: model.readsSchema ? context.schema : nil,
        shown: transcript.window(for: assignment.task.id, bytes: model.windowBytes), windowBytes: model.windowBytes, now: now)
      entries += await gathering.entries()
      entries.append(.of(now()) { $0.user = .with { $0.text = assignment.task.prompt } })
    }
    let started = Event.with {
      $0.kind = .taskStarted
      $0.attempt = assignment.task.attempt
      $0.nodeName = assignment.nodeName
      $0.resumed = isResumed
    }
    let summary =
      isResumed
      ? "\(assignment.nodeName) went on from step \(head)" + (answer.map { ": \($0.verdict.label)" } ?? "")
      : "question: " + assignment.task.prompt.prefix(bytes: 200)
    try await commit(StepDraft(kind: .input, summary: summary, entries: entries, events: [started]), &transcript)
  }

  /// What a person said to the question that is open in the transcript, or nil.
  private func answer(to question: TaskQuestion?) -> TaskAnswer? {
    guard let question, let asked = assignment.task.question, asked.id == question.id else { return nil }
    return asked.answer
  }

  /// Does what comes next. Returns an ending when the task has one.
  private func step(_ transcript: inout Transcript) async throws(WireError) -> Ending? {
    let progress = transcript.progress
    if !progress.pending.isEmpty { return try await runCalls(of: progress, after: [], events: [], &transcript) }
    if control.stop == .atBoundary { return try await release(&transcript) }
    try stopIfInterrupted()
    let limits = TaskLimits(recursionLimit: Int(assignment.session.recursionLimit), assignment.session.policy?.budgets)
    if let error = limits.reached(by: progress) {
      var result = TaskResult.stopped(.partial, error, progress)
      result.degraded.append("The task was stopped: \(error.message).")
      return try await finish(result, [], [], &transcript)
    }
    return try await modelTurn(progress, &transcript)
  }

  private func modelTurn(_ progress: TaskProgress, _ transcript: inout Transcript) async throws(WireError) -> Ending? {
    let turn = ModelTurn(
      system: SystemPrompt.text(for: assignment), entries: transcript.window(for: assignment.task.id, bytes: model.windowBytes),
      taskId: assignment.task.id, tools: registry.tools(for: assignment.mode),
      stepsLeft: Int(assignment.session.recursionLimit) - progress.turns, dialect: assignment.connection.dialect)
    let clock = ContinuousClock()
    let start = clock.now
    let tokens = TokenStream(taskId: assignment.task.id, committer: committer)
    let reply: ModelReply
    do throws(WireError) {
      reply = try await model.respond(to: turn, onToken: tokens.add)
    } catch  where error.errorCode != .cancelled {
      return try await finish(.stopped(.failed, error, progress), [], [], &transcript)
    }
    tokens.flush()
    // A model may answer although it was told to stop.
    try stopIfInterrupted()
    let assistant = AssistantEntry(reply, model: model.name, elapsed: clock.now - start, turn: progress.turns)
    var entries = [TranscriptEntry.of(now()) { $0.assistant = assistant }]
    entries += reply.degraded.map { sentence in
      TranscriptEntry.of(now()) {
        $0.context = .with {
          $0.text = sentence.prefix(bytes: 4_096)
          $0.source = TaskProgress.degradedSource
        }
      }
    }
    var progress = progress
    for entry in entries { progress.add(entry) }
    let event = Event.with {
      $0.kind = .assistantMessage
      $0.text = assistant.text.prefix(bytes: 16 * 1024)
    }
    let events = assistant.text.isEmpty ? [] : [event]
    if assistant.saysNothing {
      let draft = StepDraft(kind: .step, summary: "the model said nothing", entries: entries)
      return try obey(try await commit(draft, &transcript))
    }
    if assistant.toolCalls.isEmpty {
      let call = FinishCall(answer: assistant.text)
      return try await finish(.answered(call, progress), entries, events, &transcript)
    }
    return try await runCalls(of: progress, after: entries, events: events, &transcript)
  }

  /// Runs the calls that wait, and commits their results with `entries`, which come before them in the same turn.
  private func runCalls(
    of progress: TaskProgress, after entries: [TranscriptEntry], events: [Event], _ transcript: inout Transcript
  ) async throws(WireError) -> Ending? {
    var progress = progress
    var entries = entries
    var events = events
    let gate = PersonGate(policy: assignment.session.policy ?? SessionPolicy(), registry: registry, mode: assignment.mode)
    if let question = gate.question(for: progress.pending) {
      return try await ask(question, after: entries, events, &transcript)
    }
    let runner = CallRunner(
      registry: registry, mode: assignment.mode, context: await stepContext(transcript), committer: committer,
      taskId: assignment.task.id, now: now)
    let intents = runner.intents(for: progress.pending)
    if !intents.isEmpty {
      entries += intents
      try await commit(
        StepDraft(kind: .intent, summary: summary(of: progress, entries), entries: entries, events: events), &transcript)
      entries = []
      events = []
    }
    let outcome = try await runner.run(progress.pending)
    try stopIfInterrupted()
    entries += outcome.entries
    events += outcome.events
    for entry in outcome.entries { progress.add(entry) }
    for path in outcome.files { try await committer.upload(path, from: context.folder) }
    if let call = outcome.finish {
      return try await finish(.answered(call, progress), entries, events, &transcript)
    }
    let kind: CheckpointKind = intents.isEmpty && entries.contains { $0.assistant != nil } ? .step : .outcome
    let response = try await commit(
      StepDraft(kind: kind, summary: summary(of: progress, entries), entries: entries, events: events), &transcript)
    return try obey(response)
  }

  /// What tools are given, with the number of the step that their results will be part of.
  private func stepContext(_ transcript: Transcript) async -> ToolContext {
    let results = transcript.results
    var context = context
    context.step = await committer.headStep + 1
    context.result = { results.indices.contains($0 - 1) ? results[$0 - 1] : nil }
    return context
  }

  // MARK: Endings

  private func obey(_ response: CommitResponse) throws(WireError) -> Ending? {
    if response.cancel { control.request(.cancelled) }
    if response.pause { control.request(.atBoundary) }
    try stopIfInterrupted()
    return nil
  }

  private func stopIfInterrupted() throws(WireError) {
    switch control.stop {
    case .cancelled: throw WireError(.cancelled, "the task was cancelled")
    case .leaseLost: throw Self.leaseLost
    case .atBoundary, nil: break
    }
  }

  private static let leaseLost = WireError(.fenced, "the lease is lost")

  private func release(_ transcript: inout Transcript) async throws(WireError) -> Ending {
    try await commit(
      StepDraft(kind: .step, summary: "\(assignment.nodeName) hands the task back", entries: [], release: true), &transcript)
    return .released
  }

  private func ask(
    _ question: TaskQuestion, after entries: [TranscriptEntry], _ events: [Event], _ transcript: inout Transcript
  ) async throws(WireError) -> Ending {
    try stopIfInterrupted()
    var question = question
    question.id = "q\(await committer.headStep + 1)"
    let entry = TranscriptEntry.of(now()) { $0.question = question }
    let summary = "asks: " + question.text.prefix(bytes: 200)
    try await commit(
      StepDraft(kind: .question, summary: summary, entries: entries + [entry], events: events, ask: question), &transcript)
    return .asked
  }

  private func finish(
    _ result: TaskResult, _ entries: [TranscriptEntry], _ events: [Event], _ transcript: inout Transcript
  ) async throws(WireError) -> Ending {
    let last = TranscriptEntry.of(now()) {
      $0.taskFinished = .with {
        $0.taskId = assignment.task.id
        $0.status = result.status
      }
    }
    let summary = "\(result.status.label): " + (result.error?.message ?? result.answer).prefix(bytes: 200)
    try await commit(
      StepDraft(kind: .final, summary: summary, entries: entries + [last], events: events, finish: result), &transcript)
    return .finished(result.status)
  }

  /// An error got out of a step: the person cancelled, the lease is lost, or a tool or kai-session failed for good.
  private func end(after error: WireError, _ transcript: Transcript) async -> Ending {
    if control.stop == .leaseLost || error.meansLeaseIsLost || error.isOfTheService { return .abandoned(error) }
    let isCancelled = control.stop == .cancelled
    guard isCancelled || error.errorCode != .cancelled, error.retry != .reconnect else { return .abandoned(error) }
    let reason = isCancelled ? WireError(.cancelledByUser, "the task was cancelled") : error
    let progress = transcript.progress
    let result = TaskResult.stopped(isCancelled ? .cancelled : .failed, reason, progress)
    // The Swift task is cancelled by now; the last commit must not be.
    return await Task { () -> Ending in
      var transcript = transcript
      do throws(WireError) { return try await finish(result, [], [], &transcript) } catch { return .abandoned(error) }
    }.value
  }

  // MARK: Commits

  @discardableResult
  private func commit(_ draft: StepDraft, _ transcript: inout Transcript) async throws(WireError) -> CommitResponse {
    if control.stop == .leaseLost { throw Self.leaseLost }
    var draft = draft
    if draft.finish == nil, transcript.wantsSnapshot(with: draft.entries) {
      draft.snapshot = transcript.entries + draft.entries
    }
    draft.events = draft.events.prefix(Limits.eventsPerCommit).map { event in
      var event = event
      event.taskId = assignment.task.id
      return event
    }
    let response = try await committer.commit(draft)
    transcript.append(draft.entries)
    if draft.snapshot != nil { transcript.snapshotTaken() }
    return response
  }

  /// The model's words if it said any, else the tools it called.
  private func summary(of progress: TaskProgress, _ entries: [TranscriptEntry]) -> String {
    let names = entries.compactMap { $0.assistant?.toolCalls.map(\.name) ?? $0.toolResult.map { [$0.name] } }.flatMap { $0 }
    let tools = names.reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }.joined(separator: ", ")
    let isTurn = entries.contains { $0.assistant != nil }
    let text = isTurn ? progress.lastText.prefix(bytes: 200) : ""
    return text.isEmpty ? tools : tools.isEmpty ? text : "\(tools): \(text)"
  }
}
