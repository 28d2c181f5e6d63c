import Wire

/// Fits a transcript into what a model can read. History itself is never rewritten: what is left out here is in the checkpoints,
/// and a tool's result can be read again by its number.
///
/// What goes first: the bulk of old results, then earlier tasks, then the oldest turns of this one. The question and the newest
/// turns stay. Cuts are made in strides, so that the text stays the same for several turns and a server's cache of it holds.
struct ContextWindow {
  /// Results that are always shown whole.
  static let wholeResults = 2
  /// Turns that always stay.
  static let newestTurns = 4
  private static let stride = 8
  private static let shownBytes = 256

  private let limit: Int
  private var entries: [TranscriptEntry]
  /// The number of each entry's tool result in the session, counted from 1; 0 for other entries.
  private var numbers: [Int]
  /// The size of each entry, in bytes.
  private var sizes: [Int]

  /// - Parameter bytes: what the entries may have together, as they are encoded.
  static func fit(_ entries: [TranscriptEntry], firstResult: Int, taskId: String, bytes: Int) -> [TranscriptEntry] {
    var window = ContextWindow(entries, firstResult, bytes)
    guard window.isTooLarge else { return entries }
    window.elideResults()
    if window.isTooLarge { window.dropEarlierTasks(than: taskId) }
    if window.isTooLarge { window.dropOldTurns() }
    return window.entries
  }

  private init(_ entries: [TranscriptEntry], _ firstResult: Int, _ limit: Int) {
    self.entries = entries
    self.limit = limit
    sizes = entries.map(\.encodedSize)
    var number = firstResult
    numbers = entries.map { entry in
      guard entry.toolResult != nil else { return 0 }
      defer { number += 1 }
      return number
    }
  }

  private var isTooLarge: Bool { size(from: 0) > limit }

  private func size(from index: Int) -> Int { sizes[index...].reduce(0, +) }

  /// Leaves the heads of old results, as many as it takes.
  private mutating func elideResults() {
    let places = entries.indices.filter { numbers[$0] > 0 }.dropLast(Self.wholeResults)
    var done = 0
    for place in places {
      if done.isMultiple(of: Self.stride), !isTooLarge { return }
      entries[place] = elided(entries[place], numbers[place])
      sizes[place] = entries[place].encodedSize
      done += 1
    }
  }

  private func elided(_ entry: TranscriptEntry, _ number: Int) -> TranscriptEntry {
    guard let content = entry.toolResult?.content, content.utf8.count > 2 * Self.shownBytes else { return entry }
    var entry = entry
    entry.toolResult?.content =
      content.prefix(bytes: Self.shownBytes)
      + "… (\(content.utf8.count) bytes in all; to read them again call read_result with {\"result\": \(number)})"
    return entry
  }

  /// Leaves out whole tasks from the oldest on.
  private mutating func dropEarlierTasks(than taskId: String) {
    let own = entries.firstIndex { $0.taskStarted?.taskId == taskId } ?? entries.startIndex
    var cut = entries.startIndex
    while cut < own, size(from: cut) > limit {
      // To where the next task begins.
      cut = entries[(cut + 1)..<own].firstIndex { $0.taskStarted != nil } ?? own
    }
    drop(entries.startIndex..<cut, "Earlier tasks of this session are left out here.")
  }

  /// Leaves out this task's oldest turns, all but the question.
  private mutating func dropOldTurns() {
    let question = entries.lastIndex { $0.user != nil } ?? entries.startIndex
    let turns = entries.indices.filter { $0 > question && entries[$0].assistant != nil }
    guard turns.count > Self.newestTurns, let first = turns.first else { return }
    var keep = Self.stride
    while keep < turns.count - Self.newestTurns, size(from: turns[keep]) > limit / 2 { keep += Self.stride }
    let cut = turns[min(keep, turns.count - Self.newestTurns)]
    drop(first..<cut, "The first turns of this task are left out here; their results can be read again with read_result.")
  }

  private mutating func drop(_ range: Range<Int>, _ note: String) {
    guard !range.isEmpty else { return }
    let entry = TranscriptEntry.of(entries[range.lowerBound].at) {
      $0.context = .with {
        $0.text = note
        $0.source = "window"
      }
    }
    entries.replaceSubrange(range, with: [entry])
    numbers.replaceSubrange(range, with: [0])
    sizes.replaceSubrange(range, with: [entry.encodedSize])
  }
}
