/// How large entries are, in the terms of the limits on steps and transcripts.
public struct TranscriptSize: Sendable, Equatable {
  /// Of the message that holds them, not compressed.
  public private(set) var bytes = 0
  /// Together with the tool calls and the artifacts' paths in them, each of which takes memory whatever its bytes are.
  public private(set) var entries = 0

  /// What the largest body of a step, and the largest snapshot, may have.
  public static let step = TranscriptSize(bytes: Limits.stepInflatedBytes, entries: Limits.stepEntries)
  public static let transcript = TranscriptSize(bytes: Limits.transcriptInflatedBytes, entries: Limits.transcriptEntries)

  private init(bytes: Int, entries: Int) { (self.bytes, self.entries) = (bytes, entries) }

  public init() {}

  public init(_ entries: [TranscriptEntry]) {
    for entry in entries { add(entry) }
  }

  public mutating func add(_ entry: TranscriptEntry) {
    let size = entry.encodedSize
    add(entry, bytes: 1 + varintSize(UInt64(size)) + size)
  }

  mutating func add(_ entry: TranscriptEntry, bytes: Int) {
    self.bytes += bytes
    entries += 1 + (entry.assistant?.toolCalls.count ?? 0) + (entry.toolResult?.artifacts.count ?? 0)
  }

  public func fits(in limit: TranscriptSize) -> Bool { bytes <= limit.bytes && entries <= limit.entries }

  public static func + (a: TranscriptSize, b: TranscriptSize) -> TranscriptSize {
    TranscriptSize(bytes: a.bytes + b.bytes, entries: a.entries + b.entries)
  }
}

extension TranscriptSize: CustomStringConvertible {
  public var description: String { "\(bytes) bytes and \(entries) entries, tool calls and paths" }
}
