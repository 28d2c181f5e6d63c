import Wire

@testable import AgentService
@testable import SessionService

/// What was seen from outside, and in the store after each of its commits, with what must hold of it at every moment.
final class SimRecord {
  static let agent = Principal(keyId: "key_0000000a6e47", role: .agent)
  static let user = Principal(keyId: "key_000000005e12", role: .admin)

  struct Step: Hashable {
    let session: String
    let step: UInt64
  }

  /// An acknowledged step.
  struct Acknowledged {
    let crc: UInt32
    let epoch: UInt64
  }

  /// How an acknowledged commit ended its task.
  struct Finish {
    let step: UInt64
    let status: TaskStatus
  }

  private struct Owner: Hashable {
    let session: String
    let epoch: UInt64
  }

  let world: SimWorld
  private(set) var steps: [Step: Acknowledged] = [:]
  private(set) var finishes: [String: Finish] = [:]
  private(set) var submitted: [String: String] = [:]
  /// Tasks that somebody wanted to be cancelled, whether the wish was answered or not.
  private(set) var unwanted: Set<String> = []
  /// Cancellations that were acknowledged, with the session's epoch at that moment.
  private(set) var cancelled: [String: UInt64] = [:]
  /// Tasks whose node was told that the store failed, so that they may have failed too.
  var mayFail: Set<String> = []
  /// Answers to tasks' questions that were acknowledged: the text, by task and question.
  private(set) var answers: [String: [String: String]] = [:]
  private var owners: [Owner: String] = [:]
  private(set) var violations: [String] = []
  private var said: Set<String> = []

  // What is durable: see SimRecord+Durable.
  var standings: [String: Standing] = [:]
  var ends: [String: End] = [:]
  var openTasks: Set<String> = []

  // What tools did: see SimRecord+Effects.
  var effects: [String: Int] = [:]
  var booked: Set<String> = []

  init(_ world: SimWorld) { self.world = world }

  /// Says each thing once.
  func violated(_ sentence: String) {
    if said.insert(sentence).inserted { violations.append("at \(world.nowMs) ms: \(sentence)") }
  }

  // MARK: Steps

  func acknowledged(_ request: CommitRequest, as step: UInt64) {
    guard let fence = request.fence else { return }
    let session = fence.sessionId
    world.note("ack \(session) \(step) \(request.bodyCrc) \(fence.epoch)")
    if step != request.parentStep + 1 { violated("step \(step) of \(session) follows on step \(request.parentStep)") }
    let key = Step(session: session, step: step)
    if let known = steps[key], known.crc != request.bodyCrc {
      violated("step \(step) of \(session) was acknowledged twice, differently")
    }
    steps[key] = Acknowledged(crc: request.bodyCrc, epoch: fence.epoch)
    owns(session, fence.epoch, "\(fence.taskId) on \(fence.nodeId)")
    if let before = steps[Step(session: session, step: step - 1)]?.epoch, before > fence.epoch {
      violated("step \(step) of \(session) has epoch \(fence.epoch), after one with epoch \(before)")
    }
    if let after = steps[Step(session: session, step: step + 1)]?.epoch, after < fence.epoch {
      violated("step \(step) of \(session) has epoch \(fence.epoch), before one with epoch \(after)")
    }
    if let standing = standings[session], standing.head < step {
      violated("step \(step) of \(session) is acknowledged, but the newest in the store is \(standing.head)")
    }
    if let end = ends[fence.taskId], step > end.head {
      violated("step \(step) of \(session) was acknowledged after its task \(fence.taskId) had ended")
    }
    if let finish = request.finish { finished(fence.taskId, Finish(step: step, status: finish.status)) }
  }

  /// What a node is given to go on from.
  func fetched(_ session: String, _ chain: [(step: UInt64, crc: UInt32)]) {
    for (index, (step, crc)) in chain.enumerated() {
      if step != UInt64(index) + 1 { violated("a fetch of \(session) has step \(step) in place \(index + 1)") }
      if let known = steps[Step(session: session, step: step)], known.crc != crc {
        violated("step \(step) of \(session) was acknowledged and is fetched as another")
      }
    }
  }

  private func finished(_ task: String, _ finish: Finish) {
    if let known = finishes[task], known.step != finish.step {
      violated("the end of task \(task) was acknowledged twice: in step \(known.step) and in step \(finish.step)")
    }
    finishes[task] = finish
    if let end = ends[task] { compare(task, finish, with: end) }
  }

  /// An epoch belongs to one task on one node.
  func owns(_ session: String, _ epoch: UInt64, _ holder: String) {
    let known = owners.updateValue(holder, forKey: Owner(session: session, epoch: epoch))
    if let known, known != holder { violated("epoch \(epoch) of \(session) belongs to \(known) and to \(holder)") }
  }

  // MARK: People

  /// A submit with this mark was acknowledged as this task.
  func submitted(_ mark: String, as task: String) {
    world.note("submitted \(task)")
    submitted[mark] = task
  }

  /// Somebody asks for a task to be cancelled.
  func wantsCancelled(_ task: String) { unwanted.insert(task) }

  /// A person's answer was acknowledged.
  func answered(_ task: String, _ answer: TaskAnswer) {
    world.note("answered \(task) \(answer.questionId)")
    answers[task, default: [:]][answer.questionId] = answer.text
  }

  /// The cancellation was acknowledged.
  func cancelled(_ task: TaskRecord) {
    world.note("cancelled \(task.id) \(task.status.label)")
    cancelled[task.id] = standings[task.sessionId]?.epoch ?? 0
  }
}
