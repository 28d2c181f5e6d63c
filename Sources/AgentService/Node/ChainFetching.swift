import NIOCore
import Wire

/// Fetches a session's chain, once per execution, and folds it into a transcript.
struct ChainFetching: Sendable {
  let client: WireClient
  let task: TaskRecord
  let sealingKeys: SealingKeys?

  /// - Throws: `corrupt` when a body does not match its checksum; whatever the fetch throws.
  func transcript() async throws(WireError) -> (transcript: Transcript, headStep: UInt64) {
    let request = CheckpointFetchRequest.with { $0.sessionId = task.sessionId }
    var snapshot: [TranscriptEntry] = []
    var steps: [[TranscriptEntry]] = []
    var head: UInt64 = 0
    for try await item in try client.stream(Methods.checkpointFetch, request, timeout: .seconds(30)) {
      let checkpoint = item.message
      var attachment = item.attachment
      guard let body = attachment.readSlice(length: Int(checkpoint.bodyBytes)) else {
        throw WireError(.corrupt, "step \(checkpoint.step) came without its body")
      }
      if checkpoint.snapshotBytes > 0, attachment.readableBytes > 0 {
        snapshot = try CheckpointArchive.open(attachment, crc: checkpoint.snapshotCrc, with: sealingKeys).entries
        steps = []
      } else {
        steps.append(try CheckpointArchive.open(body, crc: checkpoint.bodyCrc, with: sealingKeys).entries)
      }
      head = checkpoint.step
    }
    return (Transcript(taskId: task.id, retryOf: task.retryOf, snapshot: snapshot, steps: steps), head)
  }
}
