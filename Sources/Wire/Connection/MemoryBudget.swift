import Synchronization

/// How many bytes of requests may be under way on all connections of a server together.
public final class RequestBudget: Sendable {
  public let limitBytes: Int
  private let heldBytes = Atomic<Int>(0)

  /// However full it is, each connection may still have this much under way: heartbeats and small commits go on while uploads and
  /// floods wait.
  static let floorBytes = 16 * 1024

  public init(limitBytes: Int) { self.limitBytes = limitBytes }

  /// Bytes of requests whose handlers have not ended.
  public var usedBytes: Int { heldBytes.load(ordering: .relaxed) }

  func change(by bytes: Int) { heldBytes.wrappingAdd(bytes, ordering: .relaxed) }
}
