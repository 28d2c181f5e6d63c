import NIOCore
import Synchronization

/// The items of a streaming call, in order. Ends with nil at the server's RESPONSE, or throws what ended it: `connection_lost` when the
/// connection broke, after which the caller opens the stream again from where it was.
///
/// One task reads it. When the last copy is released before the end, or the reading task is cancelled, the server is told to stop.
public struct ItemStream<Message: WireMessage>: AsyncSequence, Sendable {
  public typealias Element = StreamItem<Message>
  public typealias Failure = WireError

  private let lifetime: StreamLifetime

  init(_ lifetime: StreamLifetime) {
    self.lifetime = lifetime
  }

  public func makeAsyncIterator() -> Iterator { Iterator(lifetime: lifetime) }

  /// Lets the server send `items` more; for streams opened with ``StreamWindow/manual(items:)``.
  public func grant(items: UInt32) {
    lifetime.grant(bytes: 0, items: items)
  }

  /// Tells the server to stop; the reader gets `cancelled`.
  public func cancel() {
    lifetime.cancel()
  }

  public struct Iterator: AsyncIteratorProtocol {
    fileprivate let lifetime: StreamLifetime

    public mutating func next() async throws(WireError) -> StreamItem<Message>? {
      try await lifetime.next(Message.self)
    }

    public mutating func next(isolation actor: isolated (any Actor)?) async throws(WireError) -> StreamItem<Message>? {
      try await lifetime.next(Message.self)
    }
  }
}

/// Keeps a stream's call alive as long as somebody can read it, and gives back the credit of what was read.
final class StreamLifetime: Sendable {
  private let client: WireClient
  private let callID: UInt64
  private let channel: ItemChannel
  private let grantsItems: Bool
  /// What was read and not granted again yet.
  private let consumed = Mutex((bytes: UInt32(0), items: UInt32(0)))

  init(client: WireClient, callID: UInt64, channel: ItemChannel, grantsItems: Bool) {
    self.client = client
    self.callID = callID
    self.channel = channel
    self.grantsItems = grantsItems
  }

  deinit {
    client.submit(.cancel(callID))
  }

  func cancel() {
    client.submit(.cancel(callID))
  }

  func grant(bytes: UInt32, items: UInt32) {
    client.submit(.grant(callID, bytes: bytes, items: items))
  }

  func next<Message: WireMessage>(_ type: Message.Type) async throws(WireError) -> StreamItem<Message>? {
    guard let body = try await nextBody() else { return nil }
    return StreamItem(message: try Message(decoding: body.message), attachment: body.attachment)
  }

  private func nextBody() async throws(WireError) -> MessageBody? {
    let result = await withTaskCancellationHandler {
      do throws(WireError) { return Result<MessageBody?, WireError>.success(try await channel.next()) } catch {
        return .failure(error)
      }
    } onCancel: {
      cancel()
    }
    guard let body = try result.get() else { return nil }
    let due = consumed.withLock { consumed -> (bytes: UInt32, items: UInt32)? in
      consumed.bytes += UInt32(clamping: body.creditBytes)
      consumed.items += grantsItems ? 1 : 0
      // Half a window at a time, so that the server never stands still and CREDITs stay few.
      guard consumed.bytes >= Limits.initialStreamBytes / 2 || consumed.items >= Limits.initialStreamItems / 2 else { return nil }
      defer { consumed = (0, 0) }
      return consumed
    }
    if let due { grant(bytes: due.bytes, items: due.items) }
    return body
  }
}
