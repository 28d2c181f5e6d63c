import NIOCore
import Wire

@testable import SessionService

/// What must hold when everything has come to rest: the store against what was acknowledged.
struct RestCheck {
  let record: SimRecord
  let store: SimStore

  func run() throws {
    try checkSteps()
    try checkAnswers()
    try checkTasks()
    try checkSessions()
  }

  private struct StoredStep {
    let session: String
    let step: UInt64
    let epoch: UInt64
    let task: String
    let crc: UInt32
    let crcOfBody: UInt32
  }

  private func checkSteps() throws {
    let stored = try store.look { (transaction) throws(WireError) in
      try transaction.query(
        """
        SELECT s.id, c.step, c.epoch, c.task_id, c.body_crc, c.body FROM sessions s
        JOIN checkpoints c ON c.segment_id = s.segment_id ORDER BY s.id, c.step
        """, []
      ) { (row) in
        StoredStep(
          session: row.text(0), step: row.uint64(1), epoch: row.uint64(2), task: row.text(3), crc: row.uint32(4),
          crcOfBody: row.blob(5).withUnsafeBytes(Checksum.crc32))
      }
    }
    var found: [SimRecord.Step: UInt32] = [:]
    var last: [String: StoredStep] = [:]
    for step in stored {
      let session = step.session
      found[.init(session: session, step: step.step)] = step.crcOfBody
      if (last[session]?.step ?? 0) + 1 != step.step { record.violated("the steps of \(session) have a gap before \(step.step)") }
      if let before = last[session], before.epoch > step.epoch {
        record.violated("the epoch of \(session) falls at step \(step.step)")
      }
      if step.crc != step.crcOfBody {
        record.violated("the bytes of step \(step.step) of \(session) do not match their checksum")
      }
      if let end = record.ends[step.task], step.step > end.head {
        record.violated("step \(step.step) of \(session) follows on the end of its task \(step.task)")
      }
      last[session] = step
    }
    for (session, standing) in record.standings where (last[session]?.step ?? 0) != standing.head {
      record.violated("\(session) has \(last[session]?.step ?? 0) steps and its head is \(standing.head)")
    }
    for (key, step) in record.steps where found[key] != step.crc {
      record.violated("step \(key.step) of \(key.session) was acknowledged and is \(found[key] == nil ? "lost" : "another")")
    }
  }

  /// Each question of a completed task has one answer in its steps: the acknowledged one, if there was one.
  private func checkAnswers() throws {
    let bodies = try store.look { (transaction) throws(WireError) in
      try transaction.query("SELECT task_id, body, body_crc FROM checkpoints ORDER BY segment_id, step", []) {
        (row) throws(WireError) in
        (
          task: row.text(0),
          entries: try CheckpointArchive.open(ByteBuffer(bytes: row.blob(1)), crc: row.uint32(2)).entries
        )
      }
    }
    var asked: [String: [String]] = [:]
    var given: [String: [String: [TaskAnswer]]] = [:]
    for (task, entries) in bodies {
      for entry in entries {
        if let question = entry.question { asked[task, default: []].append(question.id) }
        if let answer = entry.answer { given[task, default: [:]][answer.questionId, default: []].append(answer) }
      }
    }
    for (task, questions) in asked where record.ends[task]?.status == .completed {
      for question in questions {
        let answers = given[task]?[question] ?? []
        if answers.count != 1 { record.violated("question \(question) of \(task) has \(answers.count) answers in the steps") }
        let said = record.answers[task]?[question]
        if let said, answers.first?.text != said { record.violated("the acknowledged answer to \(question) of \(task) is lost") }
      }
    }
  }

  private struct StoredTask {
    let id: String
    let prompt: String
    let status: TaskStatus
    let result: TaskStatus?
  }

  private func checkTasks() throws {
    let record = Unchecked(record)
    try store.look { (transaction) throws(WireError) in
      try DurableWatch.tasks("1 = 1", [], in: transaction).forEach(record.value.saw)
    }
    try checkEndings()
  }

  private func checkEndings() throws {
    let tasks = try store.look { (transaction) throws(WireError) in
      try transaction.query("SELECT id, prompt, status, result FROM tasks ORDER BY seq", []) { (row) throws(WireError) in
        StoredTask(
          id: row.text(0), prompt: row.text(1), status: row.enumeration(2),
          result: row.isNull(3) ? nil : try TaskResult(decoding: row.blob(3)).status)
      }
    }
    let ends = try store.look { (transaction) throws(WireError) in
      try transaction.query(
        "SELECT task_id, count(*) FROM events WHERE kind = ? GROUP BY task_id", [Value(EventKind.taskFinished)]
      ) { (row) in (row.text(0), row.int64(1)) }
    }
    let endings = Dictionary(uniqueKeysWithValues: ends)
    var byPrompt: [String: Int] = [:]
    for task in tasks {
      record.world.note("\(task.id) \(task.status.label)")
      byPrompt[task.prompt, default: 0] += 1
      guard task.status.isTerminal else {
        record.violated("task \(task.id) is \(task.status.label) although everything is at rest")
        continue
      }
      if endings[task.id] ?? 0 != 1 { record.violated("task \(task.id) ended \(endings[task.id] ?? 0) times") }
      if task.result != task.status {
        record.violated("task \(task.id) is \(task.status.label) and its result is \(task.result?.label ?? "none")")
      }
      if task.status == .failed, !record.mayFail.contains(task.id) { record.violated("task \(task.id) failed for no reason") }
      if task.status == .partial { record.violated("task \(task.id) is partial") }
      if task.status == .completed { record.checkEffects(of: task.id) }
    }
    for (prompt, count) in byPrompt where count > 1 { record.violated("'\(prompt)' was submitted once and is \(count) tasks") }
    let stored = Dictionary(uniqueKeysWithValues: tasks.map { ($0.id, $0.prompt) })
    for (mark, id) in record.submitted where stored[id] != mark { record.violated("the acknowledged task \(id) is lost") }
  }

  private func checkSessions() throws {
    let gaps = try store.look { (transaction) throws(WireError) in
      try transaction.query(
        "SELECT session_id FROM events GROUP BY session_id HAVING max(seq) <> count(*)", []
      ) { (row) in row.text(0) }
    }
    for session in gaps { record.violated("the events of \(session) are not numbered without gaps") }
    for (session, standing) in record.standings {
      if let lease = standing.lease { record.violated("\(session) is leased to \(lease.node) although everything is at rest") }
      if standing.status != .active { record.violated("\(session) is \(standing.status.label) although everything is at rest") }
    }
  }
}
