import Foundation
import WireFuzz

/// Where kai-session kills itself; see `Benchmarks/ChaosFailPoints`.
struct FailPoint: Sendable {
  enum Place: String, CaseIterable, Sendable {
    case beforeSync = "before_sync"
    case afterSync = "after_sync"
    case beforeAnswer = "before_answer"
    case powerCut = "power_cut"
    case lyingDisk = "lying_disk"

    var count: Count {
      switch self {
      case .beforeSync: .beforeSync
      case .afterSync: .afterSync
      case .beforeAnswer: .beforeAnswer
      case .powerCut: .powerCut
      case .lyingDisk: .lyingDisk
      }
    }
  }

  let place: Place
  /// At which sync, or answer after a sync.
  let after: Int

  /// At once, soon after the start or a while later.
  static func random(_ place: Place, _ dice: inout SeededGenerator) -> FailPoint {
    FailPoint(place: place, after: dice.number(1...(place == .lyingDisk ? 10 : [10, 100, 400][dice.number(0...2)])))
  }

  func environment(library: String, log: String) -> [String: String] {
    [
      "LD_PRELOAD": library, "KAI_FAIL_POINT": place.rawValue, "KAI_FAIL_AFTER": "\(after)", "KAI_FAIL_LOG": log,
    ]
  }

  /// What a process wrote before it killed itself.
  struct Hit: Sendable {
    let place: Place
    /// The bytes of the write-ahead log that were never synced.
    let unsynced: Range<Int>
    let file: String

    /// Reads the log of the library.
    /// - Returns: nil when the process did not come to its point.
    init?(log path: String) {
      guard let text = try? String(contentsOfFile: path, encoding: .utf8),
        let line = text.split(separator: "\n").first(where: { $0.hasPrefix("hit ") })
      else { return nil }
      let words = line.split(separator: " ", maxSplits: 5)
      guard words.count == 6, let place = Place(rawValue: String(words[1])), let from = Int(words[3]), let to = Int(words[4])
      else { return nil }
      self.place = place
      unsynced = from..<max(from, to)
      file = String(words[5])
    }

    /// Takes away what a disk without power would not have kept: bytes at the end of the file are gone, others are zero.
    /// - Returns: how many bytes that were.
    /// - Throws: when the file cannot be changed.
    func loseUnsynced() throws -> Int {
      guard place == .powerCut || place == .lyingDisk, !unsynced.isEmpty else { return 0 }
      let log = try FileHandle(forUpdating: URL(filePath: file))
      defer { try? log.close() }
      if try log.seekToEnd() <= UInt64(unsynced.upperBound) {
        try log.truncate(atOffset: UInt64(unsynced.lowerBound))
      } else {
        try log.seek(toOffset: UInt64(unsynced.lowerBound))
        try log.write(contentsOf: Data(count: unsynced.count))
      }
      return unsynced.count
    }
  }

  /// Whether the library was loaded: each armed start says so.
  static func wasArmed(log path: String) -> Bool {
    (try? String(contentsOfFile: path, encoding: .utf8))?.hasPrefix("armed ") ?? false
  }
}
