/// The prompt of a task that the scripted model works on: `chaos task=17 seed=4711 turns=5`.
///
/// Everything that the model does follows from it and from the transcript, so that a task that goes on elsewhere goes on the same.
public struct ChaosPrompt: Sendable, Equatable {
  /// Which submit it was, counted over the whole run.
  public let task: Int
  public let seed: UInt64
  /// Turns that call tools, before the one that answers.
  public let turns: Int

  public init(task: Int, seed: UInt64, turns: Int) {
    self.task = task
    self.seed = seed
    self.turns = turns
  }

  /// nil when the text is another prompt.
  public init?(parsing text: String) {
    let words = text.split(separator: " ")
    guard words.count == 4, words[0] == "chaos",
      let task = Self.value(words[1], "task").flatMap({ Int($0) }),
      let seed = Self.value(words[2], "seed").flatMap({ UInt64($0) }),
      let turns = Self.value(words[3], "turns").flatMap({ Int($0) })
    else { return nil }
    self.init(task: task, seed: seed, turns: turns)
  }

  public var text: String { "chaos task=\(task) seed=\(seed) turns=\(turns)" }

  /// What the task must answer.
  public var answer: String { "done \(task)" }

  private static func value(_ word: Substring, _ name: String) -> Substring? {
    word.hasPrefix(name + "=") ? word.dropFirst(name.count + 1) : nil
  }
}
