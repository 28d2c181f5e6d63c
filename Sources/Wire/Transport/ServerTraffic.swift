import Synchronization

/// What a server's connections carry, for those who measure.
public final class ServerTraffic: Sendable {
  private let received = Atomic<UInt64>(0)
  private let sent = Atomic<UInt64>(0)
  private let waiting = Atomic<Int>(0)

  public init() {}

  /// Bytes that came from clients.
  public var receivedBytes: UInt64 { received.load(ordering: .relaxed) }
  /// Bytes that went to clients.
  public var sentBytes: UInt64 { sent.load(ordering: .relaxed) }
  /// Bytes of streams that wait for their clients' credit.
  public var waitingBytes: Int { waiting.load(ordering: .relaxed) }

  func receive(_ bytes: Int) { received.wrappingAdd(UInt64(bytes), ordering: .relaxed) }
  func send(_ bytes: Int) { sent.wrappingAdd(UInt64(bytes), ordering: .relaxed) }
  func wait(_ change: Int) { if change != 0 { waiting.wrappingAdd(change, ordering: .relaxed) } }
}
