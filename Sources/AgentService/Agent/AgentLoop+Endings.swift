import Wire

extension AgentLoop {
  // MARK: Endings

  func obey(_ response: CommitResponse) throws(WireError) -> Ending? {
    if response.cancel { control.request(.cancelled) }
    if response.pause { control.request(.atBoundary) }
    try stopIfInterrupted()
    return nil
  }

  func stopIfInterrupted() throws(WireError) {
    switch control.stop {
    case .cancelled: throw WireError(.cancelled, "the task was cancelled")
    case .leaseLost: throw Self.leaseLost
    case .atBoundary, nil: break
    }
  }

  static let leaseLost = WireError(.fenced, "the lease is lost")

  func release(_ transcript: inout Transcript) async throws(WireError) -> Ending {
    try await commit(
      StepDraft(kind: .step, summary: "\(assignment.nodeName) hands the task back", entries: [], release: true), &transcript)
    return .released
  }

  func ask(
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

  /// The answer of whoever works: it ends the task, or goes to the one who delegated.
  func end(
    of worker: Worker, _ call: FinishCall, _ entries: [TranscriptEntry], _ events: [Event], _ transcript: inout Transcript
  ) async throws(WireError) -> Ending? {
    if let helper = worker.helper {
      return try await deliver(SubAgent.report(helper.role, call), isError: false, of: helper, entries, events, &transcript)
    }
    var all = transcript.progress
    for entry in entries { all.add(entry) }
    var result = TaskResult.answered(call, all)
    result.used = Taught.used(
      call.used, sql: result.sqlUsed, taskId: assignment.task.id, transcript.entries + entries)
    if model.isLanguageModel {
      let tracing = NumberTracing(taskId: assignment.task.id, entries: transcript.entries + entries)
      result.untracedNumbers = tracing.untraced(in: call)
    }
    return try await finish(result, entries, events, &transcript)
  }

  /// Why an answer goes back to the model; each task's does once at most. nil for an answer that is taken.
  func doubt(about call: FinishCall, _ transcript: Transcript, _ entries: [TranscriptEntry]) -> WireError? {
    guard model.isLanguageModel, transcript.progress.refusedAnswers == 0, !Greeting.isOne(assignment.task.prompt) else {
      return nil
    }
    let tracing = NumberTracing(taskId: assignment.task.id, entries: transcript.entries + entries)
    guard tracing.hasQueries else {
      return WireError(
        .toolFailed, "no query has been run for this question",
        hint: "Query the database before you answer.")
    }
    let strange = tracing.untraced(in: call)
    guard !strange.isEmpty else { return nil }
    return WireError(
      .toolFailed, "no query of this task gave these numbers of the answer: \(strange.joined(separator: ", "))",
      hint: "Compute them in SQL, correct them, or leave them out; then give the answer again.")
  }

  /// What a sub-agent has to say becomes the result of the call that it worked for.
  func deliver(
    _ content: String, isError: Bool, of helper: SubAgent, _ entries: [TranscriptEntry], _ events: [Event],
    _ transcript: inout Transcript
  ) async throws(WireError) -> Ending? {
    let result = ToolResultEntry.with {
      $0.callId = helper.call.id
      $0.name = helper.call.name
      $0.content = content.prefix(bytes: ContentLimits.contentBytes)
      $0.isError = isError
    }
    let entries = entries + [.of(now()) { $0.toolResult = result }]
    let draft = StepDraft(
      kind: .step, summary: "the \(helper.role.rawValue) reports", entries: entries,
      events: events + [StepEvents.finished(result, files: [], table: nil)])
    return try obey(try await commit(draft, &transcript))
  }

  /// A limit ends the task with what there is.
  func stop(
    _ error: WireError, _ progress: TaskProgress, _ entries: [TranscriptEntry], _ events: [Event],
    _ transcript: inout Transcript
  ) async throws(WireError) -> Ending {
    var result = TaskResult.stopped(.partial, error, progress)
    result.degraded.append("The task was stopped: \(error.message).")
    return try await finish(result, entries, events, &transcript)
  }

  func finish(
    _ result: TaskResult, _ entries: [TranscriptEntry], _ events: [Event], _ transcript: inout Transcript
  ) async throws(WireError) -> Ending {
    let last = TranscriptEntry.of(now()) {
      $0.taskFinished = .with {
        $0.taskId = assignment.task.id
        $0.status = result.status
      }
    }
    var result = result
    result.language = assignment.language
    let summary = "\(result.status.label): " + (result.error?.message ?? result.answer).prefix(bytes: 200)
    var draft = StepDraft(
      kind: .final, summary: summary, entries: entries + [last], events: events + StepEvents.answered(result), finish: result)
    let isCaptured = result.status == .completed && assignment.learning.captures
    if isCaptured {
      let capture = TurnCapture(
        taskId: assignment.task.id, step: await committer.headStep + 1, entries: transcript.entries + entries)
      draft.lessons = capture.lessons()
      draft.events += capture.notices(
        draft.lessons, sessionId: assignment.session.id, areShared: assignment.session.policy?.sharesCorrections ?? false)
    }
    try await commit(draft, &transcript)
    if isCaptured, let work = extraction {
      let turn = TurnExtraction(
        taskId: assignment.task.id, step: await committer.headStep, entries: transcript.entries)
      work.add(
        ExtractionWork.Turn(
          extraction: turn, sessionId: assignment.session.id, dbConnectionId: assignment.connection.id,
          language: assignment.language))
    }
    return .finished(result.status)
  }

  /// An error got out of a step: the person cancelled, the lease is lost, or a tool or kai-session failed for good.
  func end(after error: WireError, _ transcript: Transcript) async -> Ending {
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
  func commit(_ draft: StepDraft, _ transcript: inout Transcript) async throws(WireError) -> CommitResponse {
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
  func summary(of progress: TaskProgress, _ entries: [TranscriptEntry]) -> String {
    let names = entries.compactMap { $0.assistant?.toolCalls.map(\.name) ?? $0.toolResult.map { [$0.name] } }.flatMap { $0 }
    let tools = names.reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }.joined(separator: ", ")
    let isTurn = entries.contains { $0.assistant != nil }
    let text = isTurn ? progress.lastText.prefix(bytes: 200) : ""
    return text.isEmpty ? tools : tools.isEmpty ? text : "\(tools): \(text)"
  }
}
