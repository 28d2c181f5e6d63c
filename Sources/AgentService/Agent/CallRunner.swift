import Telemetry
import Wire

/// Runs the tool calls of one turn, one after the other, and writes down what came of each.
struct CallRunner: Sendable {
  struct Outcome: Sendable {
    var entries: [TranscriptEntry] = []
    var events: [Event] = []
    /// Files that must be durable before the step that mentions them.
    var files: [String] = []
    var finish: FinishCall?

    /// The call of `finish` did not end the task: this is its result instead.
    mutating func refuseFinish(_ error: WireError) {
      finish = nil
      guard let index = entries.lastIndex(where: { $0.toolResult?.name == "finish" }) else { return }
      entries[index].toolResult?.content = ToolFailure.content(error)
      entries[index].toolResult?.isError = true
      guard let event = events.lastIndex(where: { $0.tool == "finish" }) else { return }
      events[event].isError = true
      events[event].text = error.message.prefix(bytes: 2_048)
    }
  }

  /// What the results of a turn may have together, and how many files they may name: they make one step, which must stay below
  /// its limits.
  private static let turnContentBytes = 2 * 1024 * 1024
  private static let turnFiles = 2_048
  /// What each result has at least.
  private static let leastContentBytes = 1_024

  /// A tool that takes longer is announced to watchers while it runs.
  static let announceAfter = Duration.milliseconds(300)

  let registry: ToolRegistry
  let mode: SessionMode
  let context: ToolContext
  let committer: any StepCommitter
  let taskId: String
  /// The only tools that may be called; nil for all that the mode has.
  var allowed: Set<String>?
  let now: @Sendable () -> Timestamp

  /// The intents to commit before the calls run: one for each call whose tool is not pure and that has none yet.
  func intents(for calls: [TaskProgress.PendingCall]) -> [TranscriptEntry] {
    calls.compactMap { pending in
      guard !pending.mayHaveRun, !pending.isRefused, let effect = sideEffect(of: pending.call), effect != .pure else {
        return nil
      }
      return .of(now()) {
        $0.toolIntent = .with {
          $0.callId = pending.call.id
          $0.name = pending.call.name.prefix(bytes: Limits.nameBytes)
          $0.effect = effect.rawValue
        }
      }
    }
  }

  /// nil when there is no such tool: running it will say so.
  private func sideEffect(of call: ToolCall) -> SideEffect? {
    (try? registry.tool(named: call.name, mode: mode))?.definition.sideEffect
  }

  /// - Parameters:
  ///   - limits: what the task may use up; once that is reached, calls are not run any more.
  ///   - progress: the task's so far.
  /// - Throws: `cancelled` when the execution was stopped; every other failure is a result for the model to read.
  func run(
    _ calls: [TaskProgress.PendingCall], within limits: TaskLimits, _ progress: TaskProgress
  ) async throws(WireError) -> Outcome {
    var outcome = Outcome()
    var progress = progress
    var contentBytes = Self.turnContentBytes
    // `finish` ends the task, so it goes last whatever place the model gave it.
    let ordered = calls.filter { $0.call.name != "finish" } + calls.filter { $0.call.name == "finish" }
    for pending in ordered {
      let clock = ContinuousClock()
      let start = clock.now
      let output = try await Tracing.span("execute_tool \(name(pending.call))", .internal) { (notes) async throws(WireError) in
        let output = try await self.output(of: pending, within: limits, progress)
        if output.isError { notes.fail("the tool failed") }
        return output
      }
      let duration = clock.now - start
      let elapsed = UInt64(clamping: duration.wholeMilliseconds)
      if sideEffect(of: pending.call) != nil { AgentMetrics.tool(pending.call.name, isError: output.isError, duration) }
      let room = max(Self.leastContentBytes, min(Limits.memoryValueBytes, contentBytes))
      let files = Array(output.files.prefix(max(0, Self.turnFiles - outcome.files.count)))
      let result = ToolResultEntry.with {
        $0.callId = pending.call.id
        $0.name = pending.call.name.prefix(bytes: Limits.nameBytes)
        $0.content = output.content.prefix(bytes: room)
        $0.isError = output.isError
        $0.sql = output.sql
        $0.rowCount = output.rowCount
        $0.elapsedMs = elapsed
        $0.artifacts = files
        $0.remark = AnsweredCall.remark(on: pending)
        $0.rowsHash = output.rowsHash
      }
      contentBytes -= result.content.utf8.count
      let entry = TranscriptEntry.of(now()) { $0.toolResult = result }
      progress.add(entry)
      outcome.entries.append(entry)
      outcome.events.append(StepEvents.finished(result, files: files, table: output.preview))
      outcome.events += StepEvents.written(files, by: result.name)
      if !output.todos.isEmpty {
        outcome.events.append(.with { ($0.kind, $0.todos) = (.todosUpdated, output.todos) })
      }
      outcome.files += files
      outcome.finish = outcome.finish ?? output.finish
    }
    return outcome
  }

  /// For a span: what a model made up is no name.
  private func name(_ call: ToolCall) -> String { sideEffect(of: call) == nil ? "unknown" : call.name }

  private func output(
    of pending: TaskProgress.PendingCall, within limits: TaskLimits, _ progress: TaskProgress
  ) async throws(WireError) -> ToolOutput {
    if let output = AnsweredCall.output(of: pending) { return output }
    if pending.mayHaveRun, sideEffect(of: pending.call) == .unsafe {
      return ToolOutput(
        content: ToolFailure.content(
          WireError(
            .toolFailed, "outcome unknown: the node stopped while \(pending.call.name) ran, and it must not be run twice",
            hint: "Find out by other means whether it happened.", effect: .unknown)),
        isError: true)
    }
    // An answer costs nothing more.
    if pending.call.name != "finish", let error = limits.reached(by: progress, callsAhead: true) {
      return ToolOutput(content: ToolFailure.content(error), isError: true)
    }
    let announcement = announce(pending.call)
    defer { announcement.cancel() }
    do throws(WireError) {
      if let allowed, !allowed.contains(pending.call.name) {
        throw WireError(.unknownTool, "This helper has no tool '\(pending.call.name.prefix(64))'.")
      }
      var context = context
      context.callKey = pending.key
      return try await WorkDeadline.run(within: limits.workMsLeft(by: progress)) {
        [registry, mode, context] () async throws(WireError) in
        try await registry.run(pending.call, mode: mode, context)
      }
    } catch {
      if error.errorCode == .cancelled { throw error }
      return ToolOutput(content: ToolFailure.content(error), isError: true)
    }
  }

  private func announce(_ call: ToolCall) -> Task<Void, Never> {
    let event = Event.with {
      $0.kind = .toolStarted
      $0.taskId = taskId
      $0.tool = call.name.prefix(bytes: Limits.nameBytes)
    }
    return Task {
      try? await Task.sleep(for: Self.announceAfter)
      if !Task.isCancelled { committer.emit([event]) }
    }
  }
}
