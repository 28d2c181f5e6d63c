import ChaosLedger
import WireFuzz
import Wire

/// One person with one session: submits, cancels, pauses and resumes, and insists on an answer to each.
actor SessionUser {
  private static let questions = [
    "how many orders are there?", "which city has the most customers?", "what is the average price of products?",
    "describe this database",
  ]
  /// What a server says after it has thought about it; anything else means to ask again.
  private static let verdicts: Set<ErrorCode> = [
    .invalidArgument, .notFound, .alreadyExists, .failedPrecondition, .limitExceeded, .idempotencyMismatch, .invalidJson,
    .sessionClosed, .sessionBusy, .invalidTransition, .conflict, .staleVersion, .internalError, .corrupt, .forbidden,
  ]

  private let sessionId: String
  private let client: WireClient
  private let watcher: SessionWatcher
  private let log: OperationLog
  private let counters: Counters
  private let findings: Findings
  private let phase: Phase
  private let usesFreshKeys: Bool
  private var dice: SeededGenerator
  private var tasks: [String] = []

  init(
    _ watcher: SessionWatcher, client: WireClient, log: OperationLog, counters: Counters, findings: Findings, phase: Phase,
    usesFreshKeys: Bool, seed: UInt64
  ) {
    self.watcher = watcher
    self.client = client
    self.log = log
    self.counters = counters
    self.findings = findings
    self.phase = phase
    self.usesFreshKeys = usesFreshKeys
    sessionId = watcher.sessionId
    dice = SeededGenerator(seed: seed)
  }

  /// Works until the phase is over.
  func work() async {
    while !phase.isOver {
      await phase.wait(.milliseconds(dice.number(0...(usesFreshKeys ? 300 : 3_000))))
      if phase.isOver { return }
      switch dice.number(0...79) {
      case 0: await cancelNewest()
      case 1, 2: await pauseForAWhile()
      default: if unfinished.count < (usesFreshKeys ? 6 : 2) { await submit() }
      }
    }
  }

  private var unfinished: [String] { tasks.filter { !watcher.hasSeenEnd(of: $0) } }

  // MARK: Operations

  private func submit() async {
    let seed = dice.next()
    // Under fresh keys it is submits that count.
    let turns = usesFreshKeys ? 0 : dice.number(2...7)
    let question = dice.oneIn(8) ? Self.questions[dice.below(Self.questions.count)] : nil
    let interrupts = dice.oneIn(25)
    if interrupts { log.askCancel(tasks, sessionId) }
    let submit = log.begin { number in
      OperationLog.Submit(
        number: number, sessionId: sessionId, prompt: question ?? ChaosPrompt(task: number, seed: seed, turns: turns).text,
        interrupts: interrupts)
    }
    let request = TaskSubmitRequest.with {
      $0.sessionId = sessionId
      $0.prompt = submit.prompt
      $0.metadata = #"{"chaos":\#(submit.number)}"#
      $0.maxAttempts = 100
      $0.ifBusy = interrupts ? .interrupt : .enqueue
      if question == nil { $0.labels = [Label(key: "ledger", value: "yes")] }
    }
    guard let task = await perform("submit", Methods.taskSubmit, request) else { return }
    counters.add(.submits)
    log.acknowledge(submit, task.id)
    tasks.append(task.id)
  }

  private func cancelNewest() async {
    guard let task = unfinished.last else { return }
    log.askCancel([task], sessionId)
    // It may have ended by itself in the meantime.
    let cancelled = await perform("cancel", Methods.taskCancel, TaskRef(id: task), mayRefuse: .invalidTransition)
    guard let cancelled else { return }
    counters.add(.cancels)
    if cancelled.status.isTerminal { log.acknowledgeEnd(cancelled) }
  }

  private func pauseForAWhile() async {
    guard await perform("pause", Methods.sessionPause, SessionRef(id: sessionId)) != nil else { return }
    counters.add(.pauses)
    try? await Task.sleep(for: .milliseconds(dice.number(0...2_000)))
    guard await perform("resume", Methods.sessionResume, SessionRef(id: sessionId)) != nil else { return }
    counters.add(.resumes)
  }

  // MARK: Insisting

  /// Asks until there is an answer, each time under the same idempotency key.
  /// - Returns: nil when it was refused, or when there was no answer at all.
  private func perform<Request: WireMessage, Response: WireMessage>(
    _ what: String, _ call: Call<Request, Response>, _ request: Request, mayRefuse: ErrorCode? = nil
  ) async -> Response? {
    var key = makeKey()
    while true {
      do throws(WireError) {
        // Sometimes the client's own retries have time enough, sometimes the user must ask again.
        let timeout = Duration.milliseconds(usesFreshKeys ? 150 : [300, 1_000, 5_000, 15_000][dice.number(0...3)])
        let reply = try await client.call(call, request, timeout: timeout, idempotencyKey: key)
        if reply.replayed { counters.add(.replays) }
        log.note("\(what) acknowledged", sessionId)
        return reply.message
      } catch {
        log.note("\(what) not acknowledged", sessionId, error: error)
        if Self.verdicts.contains(error.errorCode) {
          if error.errorCode != mayRefuse { findings.add(.answers, "\(what) in \(sessionId) was refused: \(error)") }
          return nil
        }
        if phase.isPatienceOver {
          findings.add(.answers, "\(what) in \(sessionId) was never answered: \(error)")
          return nil
        }
      }
      counters.add(.retries)
      if usesFreshKeys { key = makeKey() }
      try? await Task.sleep(for: .milliseconds(dice.number(20...300)))
    }
  }

  private func makeKey() -> [UInt8] {
    let (high, low) = (dice.next(), dice.next())
    return withUnsafeBytes(of: (high, low)) { [UInt8]($0) }
  }
}
