import Telemetry
import Wire

/// One execution of a task: model → tools → commit, until the task ends or the lease does.
///
/// The transcript is all its state. Whatever step another execution stopped at, folding the transcript says what comes next:
/// calls without a result are run (or, if they must not be repeated, reported as unknown), then the model has its turn, or a
/// sub-agent that it delegated work to.
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

  /// Whose turn it is: the agent's, or a sub-agent's.
  struct Worker {
    var helper: SubAgent?
    var progress: TaskProgress

    var id: String { helper?.id ?? "" }
  }

  let assignment: ExecutionAssignment
  let model: any Model
  let registry: ToolRegistry
  let context: ToolContext
  let committer: any StepCommitter
  let control: ExecutionControl
  let now: @Sendable () -> Timestamp
  /// Reads turns again once they are answered; nil without.
  var extraction: ExtractionWork?

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
        assignment: assignment, memory: context.memory, schema: usesSchema ? context.schema : nil,
        shown: transcript.window(for: assignment.task.id, bytes: model.windowBytes), windowBytes: model.windowBytes, now: now)
      if let summary = SessionSummary.due(transcript, bytes: model.windowBytes) {
        entries.insert(.of(now()) { $0.summary = summary }, at: 0)
      }
      entries += await gathering.entries()
      entries.append(.of(now()) { $0.user = .with { $0.text = assignment.task.prompt } })
    }
    let started = Event.with {
      $0.kind = .taskStarted
      $0.attempt = assignment.task.attempt
      $0.nodeName = assignment.nodeName
      $0.resumed = isResumed
    }
    var events = [started]
    if let loaded = StepEvents.loaded(entries) { events.append(loaded) }
    let summary =
      isResumed
      ? "\(assignment.nodeName) went on from step \(head)" + (answer.map { ": \($0.verdict.label)" } ?? "")
      : "question: " + assignment.task.prompt.prefix(bytes: 200)
    try await commit(StepDraft(kind: .input, summary: summary, entries: entries, events: events), &transcript)
  }

  /// What a person said to the question that is open in the transcript, or nil.
  private func answer(to question: TaskQuestion?) -> TaskAnswer? {
    guard let question, let asked = assignment.task.question, asked.id == question.id else { return nil }
    return asked.answer
  }

  /// Does what comes next. Returns an ending when the task has one.
  private func step(_ transcript: inout Transcript) async throws(WireError) -> Ending? {
    let progress = transcript.progress
    let helper = progress.pending.lazy.compactMap(SubAgent.init).first
    // Who delegates waits for that last, and `finish` waits for everything.
    let calls = progress.pending.filter { SubAgent($0) == nil && (helper == nil || $0.call.name != "finish") }
    if !calls.isEmpty {
      return try await runCalls(calls, of: Worker(progress: progress), after: [], events: [], &transcript)
    }
    if control.stop == .atBoundary { return try await release(&transcript) }
    try stopIfInterrupted()
    if let error = limits.reached(by: progress) { return try await stop(error, progress, [], [], &transcript) }
    guard let helper else { return try await modelTurn(of: Worker(progress: progress), &transcript) }
    return try await step(of: helper, &transcript)
  }

  /// The next step of a sub-agent.
  private func step(of helper: SubAgent, _ transcript: inout Transcript) async throws(WireError) -> Ending? {
    let progress = TaskProgress(taskId: assignment.task.id, agent: helper.id, entries: transcript.entries)
    let worker = Worker(helper: helper, progress: progress)
    if !progress.pending.isEmpty {
      return try await runCalls(progress.pending, of: worker, after: [], events: [], &transcript)
    }
    if let error = limits.share(leftBy: transcript.progress, to: progress).reached(by: progress) {
      let failure = ToolFailure.content(error, saying: progress.lastText)
      return try await deliver(failure, isError: true, of: helper, [], [], &transcript)
    }
    return try await modelTurn(of: worker, &transcript)
  }

  /// Who only says hello has no need of it.
  private var usesSchema: Bool { model.isLanguageModel && !Greeting.isOne(assignment.task.prompt) }

  private var limits: TaskLimits {
    TaskLimits(
      recursionLimit: Int(assignment.session.recursionLimit), assignment.session.policy?.budgets,
      hasPrices: model.prices != nil)
  }

  /// A call of a model as a span, with the names that OpenTelemetry has for it.
  private static func traced(
    _ model: any Model, _ body: () async throws(WireError) -> ModelReply
  ) async throws(WireError) -> ModelReply {
    let attributes: [(String, Span.Value)] = [
      ("gen_ai.operation.name", "chat"), ("gen_ai.request.model", .text(model.name)),
    ]
    return try await Tracing.span("chat \(model.name)", .client, attributes) { (notes) async throws(WireError) in
      let reply = try await body()
      notes["gen_ai.usage.input_tokens"] = .integer(Int64(clamping: reply.inputTokens))
      notes["gen_ai.usage.output_tokens"] = .integer(Int64(clamping: reply.outputTokens))
      return reply
    }
  }

  private func modelTurn(of worker: Worker, _ transcript: inout Transcript) async throws(WireError) -> Ending? {
    let turn = turn(of: worker, transcript)
    let clock = ContinuousClock()
    let start = clock.now
    let tokens = TokenStream(taskId: assignment.task.id, committer: committer)
    let reply: ModelReply
    do throws(WireError) {
      let left = limits.workMsLeft(by: transcript.progress)
      reply = try await WorkDeadline.run(within: left) { [model] () async throws(WireError) in
        try await Self.traced(model) { () async throws(WireError) in try await model.respond(to: turn, onToken: tokens.add) }
      }
      AgentMetrics.model(model.name, reply, nil, clock.now - start)
    } catch {
      AgentMetrics.model(model.name, nil, error, clock.now - start)
      switch error.errorCode {
      case .cancelled: throw error
      case .budgetExhausted: return try await stop(error, transcript.progress, [], [], &transcript)
      default: return try await finish(.stopped(.failed, error, transcript.progress), [], [], &transcript)
      }
    }
    tokens.flush()
    // A model may answer although it was told to stop.
    try stopIfInterrupted()
    let assistant = AssistantEntry(
      reply, model: model.name, elapsed: clock.now - start, turn: worker.progress.turns, agent: worker.id, prices: model.prices)
    var entries = [TranscriptEntry.of(now()) { $0.assistant = assistant }]
    entries += reply.degraded.map { sentence in
      TranscriptEntry.of(now()) {
        $0.context = .with {
          $0.text = sentence.prefix(bytes: 4_096)
          $0.source = TaskProgress.degradedSource
        }
      }
    }
    var worker = worker
    for entry in entries { worker.progress.add(entry) }
    let events = StepEvents.said(assistant, degraded: reply.degraded)
    if assistant.saysNothing {
      let draft = StepDraft(kind: .step, summary: "the model said nothing", entries: entries)
      return try obey(try await commit(draft, &transcript))
    }
    if assistant.toolCalls.isEmpty {
      let call = FinishCall(answer: assistant.text)
      if worker.helper == nil, let doubt = doubt(about: call, transcript, entries) {
        entries.append(.of(now()) { $0.context = .with { ($0.text, $0.source) = (doubt.description, TaskProgress.checkSource) } })
        let draft = StepDraft(kind: .step, summary: "the answer was given back", entries: entries, events: events)
        return try obey(try await commit(draft, &transcript))
      }
      return try await end(of: worker, call, entries, events, &transcript)
    }
    var all = transcript.progress
    for entry in entries { all.add(entry) }
    // What the turn itself used up may be too much for its calls; an answer is taken all the same.
    if !assistant.toolCalls.contains(where: { $0.name == "finish" }), let error = limits.reached(by: all, callsAhead: true) {
      return try await stop(error, all, entries, events, &transcript)
    }
    let calls = worker.progress.pending.filter { SubAgent($0) == nil }
    let waits = calls.count < worker.progress.pending.count
    return try await runCalls(
      calls.filter { !waits || $0.call.name != "finish" }, of: worker, after: entries, events: events, &transcript)
  }

  private func turn(of worker: Worker, _ transcript: Transcript) -> ModelTurn {
    let limit = Int(assignment.session.recursionLimit)
    var tools = registry.tools(for: assignment.mode)
    if model.hasFewTools {
      let isWhole = transcript.entries.contains { $0.context.map(SchemaBriefing.isWhole) ?? false }
      tools = tools.filter { ToolRegistry.essential(schemaIsKnown: isWhole).contains($0.name) }
    }
    let entries: [TranscriptEntry]
    if let helper = worker.helper {
      tools = tools.filter { helper.role.tools.contains($0.name) }
      entries = helper.entries(of: transcript, taskId: assignment.task.id, bytes: model.windowBytes)
    } else {
      // Who only says hello wants no work done.
      if Greeting.isOne(assignment.task.prompt) { tools = tools.filter { $0.name == "finish" } }
      entries = transcript.window(for: assignment.task.id, bytes: model.windowBytes)
    }
    return ModelTurn(
      system: SystemPrompt.text(for: assignment, role: worker.helper?.role, isShort: model.hasFewTools), entries: entries,
      taskId: assignment.task.id,
      tools: tools, stepsLeft: limit - transcript.progress.allTurns, dialect: assignment.connection.dialect,
      language: assignment.language, isStuck: worker.progress.identicalFailures > 1)
  }

  /// Runs calls that wait, and commits their results with `entries`, which come before them in the same turn.
  private func runCalls(
    _ calls: [TaskProgress.PendingCall], of worker: Worker, after entries: [TranscriptEntry], events: [Event],
    _ transcript: inout Transcript
  ) async throws(WireError) -> Ending? {
    var worker = worker
    var entries = entries
    var events = events
    let gate = PersonGate(policy: assignment.session.policy ?? SessionPolicy(), registry: registry, mode: assignment.mode)
    if let question = gate.question(for: worker.progress.pending) {
      return try await ask(question, after: entries, events, &transcript)
    }
    let runner = CallRunner(
      registry: registry, mode: assignment.mode, context: await stepContext(worker, transcript), committer: committer,
      taskId: assignment.task.id, allowed: worker.helper?.role.tools, now: now)
    let intents = runner.intents(for: calls)
    if !intents.isEmpty {
      entries += intents
      try await commit(
        StepDraft(kind: .intent, summary: summary(of: worker.progress, entries), entries: entries, events: events), &transcript)
      entries = []
      events = []
    }
    var all = transcript.progress
    for entry in entries { all.add(entry) }
    var outcome = try await runner.run(calls, within: limits, all)
    try stopIfInterrupted()
    if worker.helper == nil, let call = outcome.finish,
      let doubt = doubt(about: call, transcript, entries + outcome.entries)
    {
      outcome.refuseFinish(doubt)
    }
    entries += outcome.entries
    events += outcome.events
    for entry in outcome.entries { worker.progress.add(entry) }
    for path in outcome.files { try await committer.upload(path, from: context.folder) }
    if let call = outcome.finish { return try await end(of: worker, call, entries, events, &transcript) }
    let kind: CheckpointKind = intents.isEmpty && entries.contains { $0.assistant != nil } ? .step : .outcome
    let response = try await commit(
      StepDraft(kind: kind, summary: summary(of: worker.progress, entries), entries: entries, events: events), &transcript)
    return try obey(response)
  }

  /// What tools are given, with the number of the step that their results will be part of.
  private func stepContext(_ worker: Worker, _ transcript: Transcript) async -> ToolContext {
    let results = transcript.results(of: worker.id)
    var context = context
    context.step = await committer.headStep + 1
    context.result = { results.indices.contains($0 - 1) ? results[$0 - 1] : nil }
    return context
  }
}
