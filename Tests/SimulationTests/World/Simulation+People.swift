import Wire

/// People: they submit, cancel, pause and resume, over links that break too.
extension Simulation {
  private func ask<Q: WireMessage, P: WireMessage>(_ method: Method, _ request: Q, _ answered: @escaping (P) -> Void) {
    user.call(method, request, untilMs: { Self.stormMs + 2 * Self.patienceMs }) { result in
      if case .success(let message) = result, let reply = try? P(decoding: message) { answered(reply) }
    }
  }

  /// The user's database, and some sessions on it.
  func makeConnection() {
    ask(
      .connectionCreate,
      ConnectionCreateRequest.with {
        $0.id = "shop"
        $0.uri = "sqlite:///shop.db"
      }
    ) { [self] (_: DatabaseConnection) in
      for _ in 0..<world.random(1...4) { makeSession() }
    }
  }

  /// Nobody waits for ever for an answer, so that all comes to rest.
  private static let newSession = SessionCreateRequest.with {
    $0.dbConnectionId = "shop"
    $0.policy = .with { $0.answerTimeoutMs = 4_000 }
  }

  private func makeSession() {
    ask(.sessionCreate, Self.newSession) { [self] (session: Session) in
      sessions.append(session.id)
    }
  }

  func live() {
    guard !faultsAreOver else { return }
    world.after(world.random(100...3_000)) { [self] in live() }
    guard !sessions.isEmpty else { return }
    let session = sessions[Int(world.random(0...Int64(sessions.count - 1)))]
    switch world.random(0...9) {
    case 0...5: submit(session)
    case 6: if let task = tasks.last { cancel(task) }
    case 7:
      world.inject("pause")
      ask(.sessionPause, SessionRef(id: session)) { (_: Session) in }
      world.after(world.random(10...4_000)) { [self] in resume(session) }
    default: break
    }
  }

  /// People look now and then what is asked of them, and answer most of it; some tasks they never look at.
  func answerQuestions() {
    guard !faultsAreOver else { return }
    world.after(world.random(300...3_000)) { [self] in answerQuestions() }
    ask(.taskList, TaskListRequest.with { $0.status = .waiting }) { [self] (list: TaskList) in
      for task in list.tasks where (task.id.utf8.last ?? 0) > UInt8(ascii: "3") && !world.chance(30) { answer(task) }
    }
  }

  private func answer(_ task: TaskRecord) {
    guard let question = task.question else { return }
    world.inject("answer")
    let request = TaskAnswerRequest.with {
      ($0.id, $0.questionId, $0.verdict, $0.text) = (task.id, question.id, .reply, "\(world.random(1...1_000_000))")
    }
    ask(.taskAnswer, request) { [self] (task: TaskRecord) in
      if let answer = task.question?.answer { record.answered(task.id, answer) }
    }
  }

  private func submit(_ session: String) {
    let mark = "mark \(marks)"
    marks += 1
    let request = TaskSubmitRequest.with {
      $0.sessionId = session
      $0.prompt = mark
      $0.maxAttempts = 100
      $0.priority = world.random(0...1)
    }
    ask(.taskSubmit, request) { [self] (task: TaskRecord) in
      record.submitted(mark, as: task.id)
      tasks.append(task.id)
    }
  }

  private func cancel(_ task: String) {
    world.inject("cancel")
    record.wantsCancelled(task)
    let reached = faults.cancelsAnother ? tasks.first ?? task : task
    ask(.taskCancel, TaskRef(id: reached)) { [self] (task: TaskRecord) in record.cancelled(task) }
  }

  func resume(_ session: String) {
    ask(.sessionResume, SessionRef(id: session)) { (_: Session) in }
  }
}
