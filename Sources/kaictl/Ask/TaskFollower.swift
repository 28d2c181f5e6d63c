import Wire

/// Follows a task to its end, whatever happens to the line: a broken watch is opened again after the last event seen.
struct TaskFollower {
  let server: ServerLink
  let task: TaskRecord
  let printer: Printer
  /// The model's text as it is written, too.
  var tokens = false
  /// The first event to show; 0 for all there are.
  var nextSeq: UInt64 = 0
  /// For all of it; nil waits as long as the task takes.
  var timeout: TimeSpan?
  /// How long a task may wait for a node before the user is told why.
  var silence = Duration.seconds(2)

  /// How long the server may be away before it is given up.
  private static let patience = Duration.seconds(120)
  private static let longestPause = 5_000

  /// Hands each event to `show` and returns the task as it ended.
  /// - Throws: `CancellationError` after Ctrl-C, when the user was told how to go on; `deadline_exceeded` after `timeout`.
  mutating func follow(_ show: (Event) -> Void) async throws -> TaskRecord {
    let explanation = explainWaiting()
    defer { explanation.cancel() }
    do throws(WireError) {
      return try await followToTheEnd { event in
        // That it is queued is what is to be explained.
        if event.kind != .taskQueued { explanation.cancel() }
        show(event)
      }
    } catch {
      switch error.errorCode {
      case .cancelled:
        printer.say("detached: the task goes on without you", .yellow)
        printer.say("  watch it again:  kaictl task watch \(task.id)")
        printer.say("  cancel it:       kaictl task cancel \(task.id)")
        throw CancellationError()
      case .deadlineExceeded:
        throw WireError(
          .deadlineExceeded, "task \(task.id) has not ended in time; it goes on",
          hint: "Watch it with 'kaictl task watch \(task.id)', or cancel it with 'kaictl task cancel \(task.id)'.")
      default: throw error
      }
    }
  }

  private mutating func followToTheEnd(_ show: (Event) -> Void) async throws(WireError) -> TaskRecord {
    let clock = ContinuousClock()
    let deadline = timeout.map { clock.now + $0.duration }
    var lastContact = clock.now
    var failures = 0
    var asked = ""
    while true {
      do throws(WireError) {
        let isAsked = try await watch(until: deadline) { event in
          failures = 0
          show(event)
        }
        let now = try await server.call(Methods.taskGet, TaskRef(id: task.id))
        lastContact = clock.now
        // A question that was answered long ago is one event of many.
        if isAsked, now.status != .waiting { continue }
        if now.status.isTerminal { return now }
        if now.status == .waiting, let question = now.question, question.id != asked {
          asked = question.id
          try await answer(question)
          continue
        }
      } catch  where error.errorCode == .conflict && nextSeq > 1 {
        // The log that was watched is no more: a backup was restored.
        nextSeq = 0
        printer.say("the log begins anew (\(error.message))", .yellow)
      } catch {
        guard Self.isPassing(error), clock.now - lastContact < Self.patience || failures == 0 else { throw error }
        // The line was good until now, however long ago it was opened.
        if failures == 0 {
          lastContact = clock.now
          printer.say("the line is broken (\(error.message)); trying again", .yellow)
        }
      }
      failures += 1
      let pause = min(Self.longestPause, 50 << min(failures, 8))
      try? await clock.sleep(for: .milliseconds(Int.random(in: pause / 2...pause)))
      if Task.isCancelled { throw WireError(.cancelled, "the watch was cancelled") }
      if let deadline, clock.now >= deadline { throw WireError(.deadlineExceeded, "the time is over") }
    }
  }

  /// One watch, from the next event until a question, the task's end or the line's.
  /// - Returns: whether it is at a question.
  private mutating func watch(
    until deadline: ContinuousClock.Instant?, _ show: (Event) -> Void
  ) async throws(WireError) -> Bool {
    var isAsked = false
    var request = TaskWatchRequest()
    request.sessionId = task.sessionId
    request.taskId = task.id
    request.fromSeq = nextSeq
    request.tokens = tokens
    let left = deadline.map { max(.milliseconds(1), $0 - .now) }
    try await server.stream(Methods.taskWatch, request, timeout: left) { (item) throws(WireError) in
      let event = item.message
      if event.seq > 0 {
        // What was seen before the line broke may come again.
        guard event.seq >= nextSeq else { return .more }
        nextSeq = event.seq + 1
      }
      show(event)
      isAsked = event.kind == .questionAsked
      return isAsked || event.kind == .taskFinished ? .enough : .more
    }
    return isAsked
  }

  /// Lets the person who follows answer. Somebody else may have been faster.
  private func answer(_ question: TaskQuestion) async throws(WireError) {
    guard let request = try await QuestionPrompt(printer: printer).answer(question, of: task.id) else { return }
    do throws(WireError) {
      _ = try await server.call(Methods.taskAnswer, request)
    } catch  where error.errorCode == .invalidTransition || error.errorCode == .conflict {
      printer.say("it was answered elsewhere", .dim)
    }
  }

  /// Whether the same watch may work a little later.
  private static func isPassing(_ error: WireError) -> Bool {
    switch error.retry {
    case .reconnect, .sameConnection: error.errorCode != .deadlineExceeded
    case .never, .unspecified: false
    }
  }

  /// Tells why nothing happens, if nothing happens.
  private func explainWaiting() -> Task<Void, Never> {
    Task { [server, printer, silence, id = task.id] in
      try? await Task.sleep(for: silence)
      guard !Task.isCancelled, let why = try? await server.call(Methods.taskWhy, TaskRef(id: id)), !Task.isCancelled,
        let status = why.task?.status, status == .queued || status == .waiting
      else { return }
      for sentence in why.sentences { printer.say("waiting: \(sentence)", .yellow) }
    }
  }
}
