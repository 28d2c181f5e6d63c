import Synchronization
import Wire

/// Brings new events to those who watch. It keeps nothing: what a watcher missed is read from the store again.
final class EventHub: Sendable {
  private let watches = Mutex<[String: [ObjectIdentifier: EventWatch]]>([:])

  func add(_ watch: EventWatch, to sessionId: String) {
    watches.withLock { $0[sessionId, default: [:]][ObjectIdentifier(watch)] = watch }
  }

  func remove(_ watch: EventWatch, from sessionId: String) {
    watches.withLock { watches in
      watches[sessionId]?[ObjectIdentifier(watch)] = nil
      if watches[sessionId]?.isEmpty == true { watches[sessionId] = nil }
    }
  }

  /// Durable events of one session, in order; called in the order of the commits.
  func publish(_ events: [Event], of sessionId: String) {
    for watch in found(sessionId) { watch.arrived(events) }
  }

  /// Events that are live only.
  func publish(live events: [Event], of sessionId: String) {
    for watch in found(sessionId) { watch.arrived(live: events) }
  }

  /// The last that a session's watchers hear.
  func sessionDeleted(_ sessionId: String, _ event: Event) {
    for watch in found(sessionId) { watch.sessionDeleted(event) }
  }

  private func found(_ sessionId: String) -> [EventWatch] {
    watches.withLock { $0[sessionId].map { Array($0.values) } ?? [] }
  }
}
