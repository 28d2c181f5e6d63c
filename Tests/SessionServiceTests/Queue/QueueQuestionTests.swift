import Testing
import Wire

@testable import SessionService

/// Tasks that ask a person: the lease is free while they wait, and they go on with the answer.
@Suite(.timeLimit(.minutes(1)))
struct QueueQuestionTests {
  private static let approval = TaskQuestion.with {
    $0.kind = .approval
    $0.text = "May it?"
    $0.call = .with { ($0.id, $0.name, $0.arguments) = ("c1", "transfer", #"{"amount":5}"#) }
  }

  private static let input = TaskQuestion.with { ($0.kind, $0.text, $0.options) = (.input, "Which year?", ["2023", "2024"]) }

  /// A service with a node whose task has just asked.
  private func withQuestion(
    _ question: TaskQuestion = approval, timeoutMs: UInt64? = nil,
    _ body: (TestService, Session, TestNode, TaskRecord) async throws -> Void
  ) async throws {
    try await withService { service in
      try await service.makeConnection()
      let session = try await service.makeSession { $0.policy = .with { $0.answerTimeoutMs = timeoutMs } }
      let node = try await TestNode(service, slots: 2)
      let task = try await service.submit(session.id)
      let (fence, _) = try await node.takeAssignment()
      try await node.commit(fence, parent: 0, ask: question)
      try await body(service, session, node, try await service.task(task.id))
      await node.disconnect()
    }
  }

  private func answer(
    _ service: TestService, _ task: TaskRecord, _ verdict: AnswerVerdict, _ fill: (inout TaskAnswerRequest) -> Void = { _ in }
  ) async throws -> TaskRecord {
    var request = TaskAnswerRequest.with { ($0.id, $0.verdict) = (task.id, verdict) }
    fill(&request)
    return try await service.admin.call(Methods.taskAnswer, request).message
  }

  @Test func aQuestionFreesTheLeaseAndTheAnswerBringsTheTaskBack() async throws {
    try await withQuestion { service, session, node, task in
      #expect(task.status == .waiting)
      #expect(task.nodeId.isEmpty)
      #expect(task.question?.id == "q1")
      #expect(task.question?.answer == nil)
      #expect(try await service.nodes().first?.busy == 0)
      #expect(try await service.admin.call(Methods.sessionGet, SessionRef(id: session.id)).message.status == .active)
      let why = try await service.why(task.id)
      #expect(why.contains("May it?") && why.contains(#"transfer {"amount":5}"#) && why.contains("--approve"))

      let answered = try await answer(service, task, .approve) {
        $0.questionId = "q1"
        $0.arguments = #"{ "amount": 4 }"#
        $0.note = "four will do"
      }
      #expect(answered.question?.answer?.keyName == "admin")
      let (fence, again) = try await node.takeAssignment()
      #expect(again.question?.answer?.arguments == #"{"amount":4}"#)
      #expect(again.question?.answer?.note == "four will do")
      #expect(again.attempt == 1, "to wait is no failed attempt")
      try await node.commit(fence, parent: 1, finish: .ended(.completed))
      let events = try await service.store { (transaction) throws(WireError) in
        try EventRepository.list(of: session.id, from: 1, limit: 100, in: transaction)
      }
      let kinds = events.map(\.kind)
      #expect(kinds.contains(.questionAsked) && kinds.contains(.questionAnswered))
      #expect(events.first { $0.kind == .questionAnswered }?.text == "approved with changes by admin")
    }
  }

  @Test func anAnswerThatDoesNotFitIsRefusedAndChangesNothing() async throws {
    try await withQuestion { service, _, _, task in
      await expectError(.invalidArgument) { _ = try await answer(service, task, .unspecified) }
      await expectError(.invalidArgument) { _ = try await answer(service, task, .reply) { $0.text = "yes" } }
      await expectError(.invalidArgument) { _ = try await answer(service, task, .deny) { $0.arguments = "{}" } }
      await expectError(.invalidJson) { _ = try await answer(service, task, .approve) { $0.arguments = "[1]" } }
      await expectError(.conflict) { _ = try await answer(service, task, .approve) { $0.questionId = "q7" } }
      #expect(try await service.task(task.id).status == .waiting)
      _ = try await answer(service, task, .deny)
      await expectError(.invalidTransition) { _ = try await answer(service, task, .approve) }
    }
    try await withQuestion(Self.input) { service, _, node, task in
      await expectError(.invalidArgument) { _ = try await answer(service, task, .approve) }
      await expectError(.invalidArgument) { _ = try await answer(service, task, .reply) { $0.text = " " } }
      _ = try await answer(service, task, .reply) { $0.text = "2024" }
      #expect(try await node.takeAssignment().task.question?.answer?.text == "2024")
    }
  }

  @Test func nobodyAnswersAndTheTaskGoesOnWithout() async throws {
    try await withQuestion(timeoutMs: 60_000) { service, _, node, task in
      service.advance(milliseconds: 59_999)
      let before = try await service.task(task.id)
      #expect(before.status == .waiting)
      service.advance(milliseconds: 2)
      let (_, taken) = try await node.takeAssignment()
      #expect(taken.question?.answer?.verdict == .expired)
    }
  }

  @Test func aTaskThatWaitsKeepsItsSessionsPlaceAndGoesFirst() async throws {
    try await withQuestion { service, session, node, task in
      let eager = try await service.submit(session.id) { $0.priority = 100 }
      #expect(try await service.task(eager.id).status == .queued)
      #expect(try await service.why(eager.id).contains("waits for a person's answer"))
      _ = try await answer(service, task, .approve)
      #expect(try await node.takeAssignment().task.id == task.id)
    }
  }

  @Test func aTaskThatWaitsCanBeCancelledAndMakesRoom() async throws {
    try await withQuestion { service, session, node, task in
      let next = try await service.submit(session.id)
      #expect(try await service.admin.call(Methods.taskCancel, TaskRef(id: task.id)).message.status == .cancelled)
      #expect(try await node.takeAssignment().task.id == next.id)
      await expectError(.invalidTransition) { _ = try await answer(service, task, .approve) }
    }
  }

  @Test func aCancelledTaskAsksNothing() async throws {
    try await withService { service in
      try await service.makeConnection()
      let session = try await service.makeSession()
      let node = try await TestNode(service)
      let task = try await service.submit(session.id)
      let (fence, _) = try await node.takeAssignment()
      _ = try await service.admin.call(Methods.taskCancel, TaskRef(id: task.id))
      _ = try await node.revocation()
      try await node.commit(fence, parent: 0, ask: Self.approval)
      #expect(try await service.task(task.id).status == .cancelled)
      await node.disconnect()
    }
  }

  @Test func questionsOutliveARestartWithTheirDeadline() async throws {
    let folder = try TemporaryFolder()
    let world = TestSurroundings()
    let first = try await TestService.start(folder, world)
    try await first.makeConnection()
    let session = try await first.makeSession { $0.policy = .with { $0.answerTimeoutMs = 60_000 } }
    let node = try await TestNode(first)
    let task = try await first.submit(session.id)
    let (fence, _) = try await node.takeAssignment()
    try await node.commit(fence, parent: 0, ask: Self.approval)
    let second = try await first.submit(session.id)
    await node.disconnect()
    await first.stop()

    let again = try await TestService.start(folder, world)
    let other = try await TestNode(again)
    #expect(try await again.task(task.id).status == .waiting)
    #expect(try await again.task(second.id).status == .queued)
    again.advance(milliseconds: 60_001)
    let (_, taken) = try await other.takeAssignment()
    #expect(taken.id == task.id && taken.question?.answer?.verdict == .expired)
    await other.disconnect()
    await again.stop()
  }

  @Test func aCommitDoesOneThingAtItsEnd() async throws {
    try await withService { service in
      try await service.makeConnection()
      let session = try await service.makeSession()
      let node = try await TestNode(service)
      _ = try await service.submit(session.id)
      let (fence, _) = try await node.takeAssignment()
      await expectError(.invalidArgument) { _ = try await node.commit(fence, parent: 0, release: true, ask: Self.approval) }
      await expectError(.invalidArgument) { _ = try await node.commit(fence, parent: 0, ask: TaskQuestion()) }
      #expect(try await node.commit(fence, parent: 0).step == 1)
      await node.disconnect()
    }
  }
}
