import Synchronization
import Wire

/// The connections that are open now.
final class ConnectionRegistry: Sendable {
  private struct Entry {
    let connection: any ServerConnection
    let streams: OpenStreams
  }

  private let entries = Mutex<[UInt64: Entry]>([:])

  var count: Int { entries.withLock { $0.count } }

  func add(_ connection: any ServerConnection) {
    entries.withLock { $0[connection.id] = Entry(connection: connection, streams: OpenStreams()) }
  }

  /// - Returns: its streams, or nil when it was not there.
  func remove(_ connection: any ServerConnection) -> OpenStreams? {
    entries.withLock { $0.removeValue(forKey: connection.id)?.streams }
  }

  func streams(of connection: any ServerConnection) -> OpenStreams? {
    entries.withLock { $0[connection.id]?.streams }
  }

  /// Closes every connection that was opened with a key.
  func close(keyId: String, _ reason: WireError) {
    let found = entries.withLock { entries in
      entries.values.map(\.connection).filter { $0.principal.keyId == keyId }
    }
    for connection in found { connection.close(reason) }
  }
}
