import NIOCore
import Wire

/// All that kai-session says about one session when everything is at rest.
struct SessionEvidence: Sendable {
  /// A step with what it added.
  struct Step: Sendable {
    let checkpoint: Checkpoint
    let entries: [TranscriptEntry]
  }

  let session: Session
  let tasks: [TaskRecord]
  let events: [Event]
  let steps: [Step]
  /// The paths of its files.
  let artifacts: Set<String>

  /// Reads it all, over a line that works.
  /// - Throws: what the calls throw; `corrupt` when a body does not match its checksum.
  static func gather(_ sessionId: String, _ client: WireClient) async throws(WireError) -> SessionEvidence {
    let session = try await client.call(Methods.sessionGet, SessionRef(id: sessionId)).message
    return SessionEvidence(
      session: session, tasks: try await tasks(of: sessionId, client), events: try await events(of: session, client),
      steps: try await steps(of: sessionId, client), artifacts: try await artifacts(of: sessionId, client))
  }

  private static func tasks(of sessionId: String, _ client: WireClient) async throws(WireError) -> [TaskRecord] {
    var tasks: [TaskRecord] = []
    var cursor = ""
    repeat {
      let request = TaskListRequest.with {
        $0.sessionId = sessionId
        $0.page = Page(limit: 100, cursor: cursor)
      }
      let page = try await client.call(Methods.taskList, request).message
      tasks += page.tasks
      cursor = page.nextCursor
    } while !cursor.isEmpty
    return tasks
  }

  private static func events(of session: Session, _ client: WireClient) async throws(WireError) -> [Event] {
    var events: [Event] = []
    let request = TaskWatchRequest.with { $0.sessionId = session.id }
    // Closing the session was the last thing that happened to it. One that could not be closed has no last event.
    let isClosed = session.status == .completed
    do throws(WireError) {
      let stream = try client.stream(Methods.taskWatch, request, timeout: isClosed ? .seconds(30) : .milliseconds(100))
      for try await item in stream where item.message.seq > 0 {
        events.append(item.message)
        if item.message.isClose { break }
      }
    } catch {
      if isClosed || error.errorCode != .deadlineExceeded { throw error }
    }
    return events
  }

  private static func artifacts(of sessionId: String, _ client: WireClient) async throws(WireError) -> Set<String> {
    var paths: Set<String> = []
    var cursor = ""
    repeat {
      let request = ArtifactListRequest.with {
        $0.sessionId = sessionId
        $0.page = Page(limit: 100, cursor: cursor)
      }
      let page = try await client.call(Methods.artifactList, request).message
      paths.formUnion(page.artifacts.map(\.path))
      cursor = page.nextCursor
    } while !cursor.isEmpty
    return paths
  }

  private static func steps(of sessionId: String, _ client: WireClient) async throws(WireError) -> [Step] {
    var steps: [Step] = []
    let request = CheckpointFetchRequest.with {
      $0.sessionId = sessionId
      $0.full = true
    }
    for try await item in try client.stream(Methods.checkpointFetch, request, timeout: .seconds(60)) {
      var attachment = item.attachment
      guard let body = attachment.readSlice(length: Int(item.message.bodyBytes)) else {
        throw WireError(.corrupt, "step \(item.message.step) came without its body")
      }
      steps.append(
        Step(checkpoint: item.message, entries: try CheckpointArchive.open(body, crc: item.message.bodyCrc).entries))
    }
    return steps
  }
}
