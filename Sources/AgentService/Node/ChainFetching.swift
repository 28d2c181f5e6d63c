import NIOCore
import Wire

/// Fetches a session's chain, once per execution, and folds it into a transcript.
struct ChainFetching: Sendable {
  let client: WireClient
  let task: TaskRecord
  let sealingKeys: SealingKeys?

  /// - Throws: `corrupt` when a body does not match its checksum or is too large; `limit_exceeded` when all of them together are
  ///   more than a node reads; whatever the fetch throws.
  func transcript() async throws(WireError) -> (transcript: Transcript, headStep: UInt64) {
    let request = CheckpointFetchRequest.with { $0.sessionId = task.sessionId }
    var snapshot: [TranscriptEntry] = []
    var steps: [[TranscriptEntry]] = []
    var size = TranscriptSize()
    var head: UInt64 = 0
    for try await item in try client.stream(Methods.checkpointFetch, request, timeout: .seconds(30)) {
      let checkpoint = item.message
      var attachment = item.attachment
      guard let body = attachment.readSlice(length: Int(checkpoint.bodyBytes)) else {
        throw WireError(.corrupt, "step \(checkpoint.step) came without its body")
      }
      if checkpoint.snapshotBytes > 0, attachment.readableBytes > 0 {
        snapshot = try CheckpointArchive.open(attachment, crc: checkpoint.snapshotCrc, as: .snapshot, with: sealingKeys).entries
        steps = []
        size = TranscriptSize(snapshot)
      } else {
        let step = try CheckpointArchive.open(body, crc: checkpoint.bodyCrc, with: sealingKeys).entries
        steps.append(step)
        size = size + TranscriptSize(step)
      }
      guard size.fits(in: .transcript) else {
        throw WireError(
          .limitExceeded, "the session's transcript up to step \(checkpoint.step) has more than \(TranscriptSize.transcript)",
          hint: "Ask in a new session; what was taught is known there too.")
      }
      head = checkpoint.step
    }
    return (Transcript(taskId: task.id, retryOf: task.retryOf, snapshot: snapshot, steps: steps), head)
  }
}
