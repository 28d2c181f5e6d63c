import ChaosLedger
import JSON
import Wire

/// Holds what kai-session says about a session against what people were told, and against itself.
struct SessionCheck {
  let evidence: SessionEvidence
  let watcher: SessionWatcher
  let submits: [OperationLog.Submit]
  let cancelAsked: Set<String>
  let acknowledgedEnds: [String: TaskStatus]
  let findings: Findings

  private var id: String { evidence.session.id }

  func run() {
    checkSteps()
    checkEvents()
    checkWatcher()
    checkArtifacts()
    checkSubmits()
    for task in evidence.tasks { check(task) }
  }

  // MARK: The log

  private func checkSteps() {
    let steps = evidence.steps.map(\.checkpoint)
    if steps.map(\.step) != Array(1...UInt64(max(steps.count, 1))).prefix(steps.count).map({ $0 }) {
      findings.add(.noGaps, "the steps of \(id) are \(steps.map(\.step))")
    }
    if evidence.session.headStep != UInt64(steps.count) {
      findings.add(.noGaps, "session \(id) has its head at \(evidence.session.headStep), and \(steps.count) steps")
    }
    var holders: [UInt64: String] = [:]
    var last: UInt64 = 0
    for step in steps {
      let holder = "\(step.taskId) on \(step.nodeId)"
      if step.epoch < last { findings.add(.noGaps, "step \(step.step) of \(id) has epoch \(step.epoch) after \(last)") }
      if let other = holders.updateValue(holder, forKey: step.epoch), other != holder {
        findings.add(.effectOnce, "epoch \(step.epoch) of \(id) belongs to \(other) and to \(holder)")
      }
      last = step.epoch
    }
  }

  private func checkEvents() {
    let events = evidence.events
    for (index, event) in events.enumerated() where event.seq != UInt64(index) + 1 {
      return findings.add(.noGaps, "event \(index + 1) of \(id) has the number \(event.seq)")
    }
    if events.last?.isClose != true { findings.add(.noGaps, "the events of \(id) do not end with its close") }
    let committed = events.filter { $0.kind == .stepCommitted }.map(\.step)
    if committed != evidence.steps.map(\.checkpoint.step) {
      findings.add(.noGaps, "the events of \(id) tell of steps \(committed), and there are \(evidence.steps.count)")
    }
  }

  private func checkWatcher() {
    let seen = watcher.digests
    let there = evidence.events.map(\.digest)
    if seen.count > there.count {
      findings.add(.nothingLost, "a watcher of \(id) saw \(seen.count) events, and there are \(there.count)")
    }
    if let index = zip(seen, there).enumerated().first(where: { $0.element.0 != $0.element.1 })?.offset {
      findings.add(.nothingLost, "event \(index + 1) of \(id) is another one than its watcher saw")
    }
    if !watcher.sawClose { findings.add(.rest, "the watcher of \(id) saw \(seen.count) of \(there.count) events") }
  }

  /// A file is durable before the step that mentions it.
  private func checkArtifacts() {
    let mentioned = Set(evidence.steps.flatMap(\.entries).compactMap(\.toolResult).flatMap(\.artifacts))
    let missing = mentioned.subtracting(evidence.artifacts)
    if !missing.isEmpty {
      findings.add(.nothingLost, "session \(id) has steps that mention \(missing.sorted()), which is not there")
    }
  }

  // MARK: Tasks

  private func number(of task: TaskRecord) -> Int? {
    (try? JSONValue(parsing: task.metadata))?["chaos"]?.integer.map { Int($0) }
  }

  private func checkSubmits() {
    let made = Dictionary(grouping: evidence.tasks) { number(of: $0) ?? -1 }
    for submit in submits {
      let tasks = made[submit.number] ?? []
      if tasks.count > 1 {
        findings.add(.submitOnce, "submit \(submit.number) in \(id) made \(tasks.map(\.id))")
      }
      guard let acknowledged = submit.taskId else { continue }
      guard let task = tasks.first(where: { $0.id == acknowledged }) else {
        findings.add(.nothingLost, "task \(acknowledged) of \(id) was acknowledged and is not there")
        continue
      }
      if task.prompt != submit.prompt { findings.add(.nothingLost, "task \(task.id) has another prompt than was submitted") }
    }
    let known = Set(submits.map(\.number))
    for (number, tasks) in made where !known.contains(number) {
      findings.add(.submitOnce, "nobody submitted \(tasks.map(\.id)) of \(id)")
    }
  }

  private func check(_ task: TaskRecord) {
    let ends = evidence.events.filter { $0.kind == .taskFinished && $0.taskId == task.id }
    guard task.status.isTerminal else {
      return findings.add(.rest, "task \(task.id) of \(id) is still \(task.status.label): \(task.reason)")
    }
    if ends.count != 1 { findings.add(.endsOnce, "task \(task.id) ended \(ends.count) times") }
    if let end = ends.first, end.result?.status != task.status || task.result?.status != task.status {
      findings.add(.endsOnce, "task \(task.id) is \(task.status.label), its event and its result say otherwise")
    }
    if let told = acknowledgedEnds[task.id], told != task.status {
      findings.add(.nothingLost, "task \(task.id) was told to be \(told.label) and is \(task.status.label)")
    }
    let written = evidence.steps.flatMap(\.entries).compactMap(\.taskFinished).filter { $0.taskId == task.id }
    if written.count > 1 { findings.add(.endsOnce, "the transcript of \(id) ends task \(task.id) \(written.count) times") }
    switch task.status {
    case .completed: checkAnswer(of: task, written)
    case .cancelled:
      if !cancelAsked.contains(task.id) { findings.add(.wantedOnly, "nobody asked to cancel task \(task.id)") }
    case .partial where ChaosPrompt(parsing: task.prompt) == nil: break
    case .partial, .failed:
      let error = task.result?.error.map { "\($0)" } ?? "without an error"
      findings.add(.wantedOnly, "task \(task.id) of \(id) is \(task.status.label): \(error)")
    case .unspecified, .queued, .running, .waiting: break
    }
  }

  private func checkAnswer(of task: TaskRecord, _ written: [TaskFinishedEntry]) {
    if written.map(\.status) != [.completed] {
      findings.add(.endsOnce, "task \(task.id) is completed, its transcript says \(written.map(\.status.label))")
    }
    guard let prompt = ChaosPrompt(parsing: task.prompt), let result = task.result else { return }
    if result.answer != prompt.answer {
      findings.add(.nothingLost, "task \(task.id) answers '\(result.answer)' instead of '\(prompt.answer)'")
    }
    if result.steps != UInt64(prompt.turns) + 1 {
      findings.add(.endsOnce, "task \(task.id) took \(result.steps) turns instead of \(prompt.turns + 1)")
    }
  }
}
