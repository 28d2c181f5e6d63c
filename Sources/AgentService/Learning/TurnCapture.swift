import Crypto
import JSON
import Wire

/// What is kept of a turn that ended well: what the person asked, with the questions around it, and what of it corrects something.
/// Nothing is ever learned from the assistant's own words.
struct TurnCapture {
  static let turnNamespace = "session_context"
  static let correctionNamespace = "corrections"
  static let turnImportance = 0.3
  static let correctionImportance = 0.9
  private static let promptBytes = 8 * 1024
  private static let keyWords = 5

  private struct Turn {
    let taskId: String
    var texts: [String]

    var prompt: String { texts.joined(separator: "\n") }
  }

  let taskId: String
  let step: UInt64
  private let turns: [Turn]

  /// - Parameter entries: of the session, to the last one of the task.
  init(taskId: String, step: UInt64, entries: [TranscriptEntry]) {
    self.taskId = taskId
    self.step = step
    var turns: [Turn] = []
    var current = ""
    for entry in entries {
      if let started = entry.taskStarted { current = started.taskId }
      let said = entry.user?.text ?? entry.answer?.text ?? ""
      guard !said.isEmpty else { continue }
      if let index = turns.lastIndex(where: { $0.taskId == current }) {
        if !turns[index].texts.contains(said) { turns[index].texts.append(said) }
      } else {
        turns.append(Turn(taskId: current, texts: [said]))
      }
    }
    self.turns = turns
  }

  /// The raw turn first; then the one before, which has a neighbour now; then corrections.
  func lessons() -> [MemoryRememberRequest] {
    guard let place = turns.lastIndex(where: { $0.taskId == taskId }), !Greeting.isOne(turns[place].prompt) else { return [] }
    var lessons = [turn(at: place)]
    if place > 0 { lessons.append(turn(at: place - 1)) }
    return lessons + corrections()
  }

  /// The corrections alone.
  func corrections() -> [MemoryRememberRequest] {
    guard let place = turns.lastIndex(where: { $0.taskId == taskId }) else { return [] }
    var previous = place > 0 ? turns[place - 1].texts.first : nil
    var lessons: [MemoryRememberRequest] = []
    for said in turns[place].texts {
      for correction in CorrectionDetector.corrections(in: said, after: previous) {
        lessons.append(lesson(correction, said))
      }
      previous = previous ?? said
    }
    return lessons
  }

  private func turn(at place: Int) -> MemoryRememberRequest {
    let around = [place - 1, place + 1].filter(turns.indices.contains).map { turns[$0].prompt.prefix(bytes: Self.promptBytes) }
    return .with { lesson in
      (lesson.namespace, lesson.key) = (Self.turnNamespace, "turn/" + turns[place].taskId)
      lesson.content = turns[place].prompt.prefix(bytes: Self.promptBytes)
      lesson.neighbours = around.joined(separator: "\n")
      (lesson.importance, lesson.sourceStep) = (Self.turnImportance, step)
    }
  }

  private func lesson(_ correction: String, _ said: String) -> MemoryRememberRequest {
    .with { lesson in
      (lesson.namespace, lesson.key) = (Self.correctionNamespace, Self.key(of: correction))
      lesson.content = correction.prefix(bytes: Self.promptBytes)
      let quote = said.prefix(bytes: 4_096)
      let value: JSONValue = ["quote": .string(quote), "task": .string(taskId)]
      lesson.value = value.text()
      (lesson.importance, lesson.sourceStep) = (Self.correctionImportance, step)
    }
  }

  /// The same for the same sentence, so that it is learned once: its first words, and a part of its SHA-256.
  static func key(of correction: String) -> String {
    let words = correction.lowercased().split { !$0.isLetter && !$0.isNumber && $0 != "_" }.prefix(keyWords)
    let digest = SHA256.hash(data: Array(correction.lowercased().utf8)).prefix(3)
    let hash = digest.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    return words.joined(separator: "-").prefix(bytes: 60) + "-" + hash
  }

  /// Tells watchers what was noticed, and how to share it.
  func notices(_ lessons: [MemoryRememberRequest], sessionId: String, areShared: Bool) -> [Event] {
    lessons.filter { $0.namespace == Self.correctionNamespace }.map { lesson in
      .with {
        $0.kind = .notice
        $0.text =
          areShared
          ? "Learned for every session: \(lesson.content.prefix(200))"
          : "Learned for this session: \(lesson.content.prefix(200)). To share it: kaictl memory confirm --session \(sessionId) \(lesson.key)"
      }
    }
  }
}
