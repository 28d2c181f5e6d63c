import NIOCore
import Synchronization
import Wire

/// The far end of a node's line: kai-session's part of the protocol, as a test wants it, behind a real server.
final class ScriptedSession: WireService {
  struct State {
    var attaches: [NodeAttachRequest] = []
    var heartbeats: [NodeHeartbeatRequest] = []
    var commits: [CommitRequest] = []
    var stream: (connection: any ServerConnection, id: UInt32)?
    /// Uploads whose connection is broken as soon as they have begun.
    var uploadsToBreak = 0
    /// The bytes of each upload that came to its end.
    var uploads: [[UInt8]] = []
    var incoming: [UInt8] = []
  }

  static let nodeId = "node_000000000001"

  let state = Mutex(State())

  var commits: [CommitRequest] { state.withLock { $0.commits } }
  var heartbeats: [NodeHeartbeatRequest] { state.withLock { $0.heartbeats } }
  var attaches: [NodeAttachRequest] { state.withLock { $0.attaches } }

  func connected(_ connection: any ServerConnection) {}

  func disconnected(_ connection: any ServerConnection) {
    state.withLock { state in
      if state.stream?.connection === connection { state.stream = nil }
    }
  }

  func handle(_ burst: [InboundEvent], on connection: any ServerConnection) {
    var replies: [Outbound] = []
    for event in burst {
      switch event {
      case .request(let request) where request.method == .artifactPut:
        beginUpload(on: connection)
      case .upload(let id, let chunk, let end):
        state.withLock { $0.incoming += [UInt8](buffer: chunk) }
        if end { replies += endUpload(id) }
      case .request(let request):
        do throws(WireError) {
          replies.append(try answer(request, on: connection))
        } catch {
          replies.append(.error(request.streamID, error))
        }
      case .cancel(let id): replies.append(.error(id, WireError(.cancelled, "stopped")))
      case .credit, .writable, .stopping: break
      }
    }
    connection.send(replies)
  }

  private func answer(_ request: InboundRequest, on connection: any ServerConnection) throws(WireError) -> Outbound {
    let id = request.streamID
    switch request.method {
    case .nodeAttach:
      let attach = try NodeAttachRequest(decoding: request.message)
      state.withLock { state in
        state.attaches.append(attach)
        state.stream = (connection, id)
      }
      let welcome = NodeWelcome.with { ($0.nodeId, $0.leaseTtlMs, $0.heartbeatIntervalMs) = (Self.nodeId, 15_000, 3_000) }
      return .item(id, NodeItem.with { $0.welcome = welcome })
    case .nodeHeartbeat:
      let heartbeat = try NodeHeartbeatRequest(decoding: request.message)
      state.withLock { $0.heartbeats.append(heartbeat) }
      return .response(id, NodeHeartbeatResponse())
    case .checkpointCommit:
      let commit = try CommitRequest(decoding: request.message)
      let step = state.withLock { state in
        state.commits.append(commit)
        return UInt64(state.commits.count)
      }
      return .response(id, CommitResponse.with { $0.step = step })
    case .memoryRecall: return .response(id, MemoryHits())
    case .checkpointFetch, .nodeEmit: return .response(id, Empty())
    default: throw WireError(.internalError, "not part of this test")
    }
  }

  private func beginUpload(on connection: any ServerConnection) {
    let breaks = state.withLock { state -> Bool in
      state.incoming = []
      state.uploadsToBreak -= 1
      return state.uploadsToBreak >= 0
    }
    if breaks { connection.close(WireError(.unavailable, "hung up")) }
  }

  private func endUpload(_ id: UInt32) -> [Outbound] {
    state.withLock { state in
      guard state.uploadsToBreak < 0 else { return [] }
      state.uploads.append(state.incoming)
      return [.response(id, Artifact())]
    }
  }

  /// Sends an item on the node's stream.
  func send(_ item: NodeItem) {
    let stream = state.withLock { $0.stream }
    stream?.connection.send([.item(stream?.id ?? 0, item)])
  }

  /// Breaks the node's connection.
  func hangUp() {
    state.withLock { $0.stream }?.connection.close(WireError(.unavailable, "hung up"))
  }
}

/// One agent's key.
struct OneKey: KeyDirectory {
  let secret: [UInt8]
  func key(_ keyId: String) -> AuthenticationKey? {
    keyId == "agent1" ? AuthenticationKey(secret: secret, role: .agent) : nil
  }
}
