import Wire

/// A task asks a person: the lease ends with the question, and the task is queued again with the answer.
extension TaskQueue {
  /// Stores a question with the end of the lease under which it is asked. A task that is to be cancelled asks nothing more.
  /// - Parameter step: the step that asks.
  func ask(
    _ ask: TaskQuestion, step: UInt64, of lease: Lease, in transaction: any Transaction
  ) throws(WireError) {
    var task = try TaskRepository.get(lease.taskId, in: transaction)
    if task.isCancelRequested {
      return try endTask(&task, .cancelled(task.record.reason), of: lease, in: transaction)
    }
    let policy = try SessionRepository.get(lease.sessionId, in: transaction).policy
    let question = try QuestionRules.asked(ask, step: step, policy: policy, now: transaction.now)
    task.record.status = .waiting
    task.record.question = question
    task.record.nodeId = ""
    task.record.reason = "waits for a person"
    // The execution ended on purpose.
    task.record.attempt -= task.record.attempt > 0 ? 1 : 0
    try TaskRepository.save(task, in: transaction)
    try record([.about(task.record, .questionAsked, question)], of: lease.sessionId, in: transaction)
    _ = try freeSession(lease.sessionId, in: transaction)
    guard let waiting = WaitingTask(task.record) else { return }
    transaction.afterCommit {
      self.decide { (dispatcher, now) in dispatcher.asked(waiting, epoch: lease.epoch, now: now) }
    }
  }

  /// Stores a person's answer and queues the task again.
  /// - Throws: `invalid_transition` when the task asks nothing, and what ``QuestionRules`` says of the answer.
  func answer(
    _ request: TaskAnswerRequest, by principal: Principal, in transaction: any Transaction
  ) throws(WireError) -> TaskRecord {
    var task = try TaskRepository.get(request.id, in: transaction)
    guard task.record.status == .waiting, let question = task.record.question else {
      throw WireError(
        .invalidTransition, "task '\(request.id)' is \(task.record.status.label) and asks nothing",
        hint: "See what it waits for with 'kaictl task why'.")
    }
    let answer = try QuestionRules.answer(
      request, to: question, keyId: principal.keyId,
      keyName: try KeyRepository.name(of: principal.keyId, in: transaction) ?? "", now: transaction.now)
    try goOn(&task, question, answer, in: transaction)
    return task.record
  }

  /// Carries out that a question's time is over.
  func expire(_ waiting: WaitingTask) {
    store.write { (transaction) throws(WireError) in
      guard var task = try TaskRepository.find(waiting.taskId, in: transaction), WaitingTask(task.record) == waiting,
        let question = task.record.question
      else { return }
      try self.goOn(&task, question, QuestionRules.expired(question, now: transaction.now), in: transaction)
    } completion: { (result: Result<Void, WireError>) in
      guard case .failure = result else { return }
      self.decide { (dispatcher, now) in
        dispatcher.expiryFailed(waiting, now: now)
        return []
      }
    }
  }

  private func goOn(
    _ task: inout StoredTask, _ question: TaskQuestion, _ answer: TaskAnswer, in transaction: any Transaction
  ) throws(WireError) {
    var question = question
    question.answer = answer
    task.record.status = .queued
    task.record.question = question
    task.record.reason = QuestionRules.sentence(answer)
    try TaskRepository.save(task, in: transaction)
    try record([.about(task.record, .questionAnswered, question)], of: task.record.sessionId, in: transaction)
    let isOpen = TaskRules.isOpen(try SessionRepository.head(task.record.sessionId, in: transaction).status)
    let queued = task.queued
    transaction.afterCommit {
      self.decide { (dispatcher, now) in dispatcher.answered(queued, sessionIsOpen: isOpen, now: now) }
    }
  }
}

extension Event {
  /// An event about what a task asks.
  fileprivate static func about(_ task: TaskRecord, _ kind: EventKind, _ question: TaskQuestion) -> Event {
    var event = Event.about(task, kind, text: question.answer.map(QuestionRules.sentence) ?? question.text)
    event.tool = question.call?.name ?? ""
    event.question = question
    return event
  }
}
