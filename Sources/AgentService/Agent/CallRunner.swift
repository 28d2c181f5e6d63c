import Wire

/// Runs the tool calls of one turn, one after the other, and writes down what came of each.
struct CallRunner: Sendable {
  struct Outcome: Sendable {
    var entries: [TranscriptEntry] = []
    var events: [Event] = []
    /// Files that must be durable before the step that mentions them.
    var files: [String] = []
    var finish: FinishCall?
  }

  /// A tool that takes longer is announced to watchers while it runs.
  static let announceAfter = Duration.milliseconds(300)

  let registry: ToolRegistry
  let mode: SessionMode
  let context: ToolContext
  let committer: any StepCommitter
  let taskId: String
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

  /// - Throws: `cancelled` when the execution was stopped; every other failure is a result for the model to read.
  func run(_ calls: [TaskProgress.PendingCall]) async throws(WireError) -> Outcome {
    var outcome = Outcome()
    // `finish` ends the task, so it goes last whatever place the model gave it.
    let ordered = calls.filter { $0.call.name != "finish" } + calls.filter { $0.call.name == "finish" }
    for pending in ordered {
      let clock = ContinuousClock()
      let start = clock.now
      let output = try await output(of: pending)
      let elapsed = UInt64(clamping: (clock.now - start).wholeMilliseconds)
      outcome.entries.append(
        .of(now()) {
          $0.toolResult = .with {
            $0.callId = pending.call.id
            $0.name = pending.call.name.prefix(bytes: Limits.nameBytes)
            $0.content = output.content.prefix(bytes: Limits.memoryValueBytes)
            $0.isError = output.isError
            $0.sql = output.sql
            $0.rowCount = output.rowCount
            $0.elapsedMs = elapsed
            $0.artifacts = output.files
            $0.remark = AnsweredCall.remark(on: pending)
          }
        })
      outcome.events.append(
        .with {
          $0.kind = .toolFinished
          $0.tool = pending.call.name.prefix(bytes: Limits.nameBytes)
          $0.sql = output.sql.prefix(bytes: 16 * 1024)
          $0.rowCount = output.rowCount
          $0.elapsedMs = elapsed
          $0.isError = output.isError
          $0.text =
            output.isError ? output.content.prefix(bytes: 2_048) : output.files.joined(separator: ", ").prefix(bytes: 2_048)
        })
      outcome.files += output.files
      outcome.finish = outcome.finish ?? output.finish
    }
    return outcome
  }

  private func output(of pending: TaskProgress.PendingCall) async throws(WireError) -> ToolOutput {
    if let output = AnsweredCall.output(of: pending) { return output }
    if pending.mayHaveRun, sideEffect(of: pending.call) == .unsafe {
      return ToolOutput(
        content: ToolFailure.content(
          WireError(
            .toolFailed, "outcome unknown: the node stopped while \(pending.call.name) ran, and it must not be run twice",
            hint: "Find out by other means whether it happened.", effect: .unknown)),
        isError: true)
    }
    let announcement = announce(pending.call)
    defer { announcement.cancel() }
    do throws(WireError) {
      var context = context
      context.callKey = pending.key
      return try await registry.run(pending.call, mode: mode, context)
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
