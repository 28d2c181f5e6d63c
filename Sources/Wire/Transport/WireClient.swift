public import NIOCore
import Synchronization

/// A client of one server: any number of calls at once over one connection, which is made when first needed and made again when it breaks.
///
/// Every mutating call carries an idempotency key, so a call whose connection broke is sent again, until its timeout.
public final class WireClient: Sendable {
  private struct Inbox {
    var commands: [ClientCommand] = []
    /// Whether the event loop has been asked to look.
    var isScheduled = false
  }

  private let eventLoop: any EventLoop
  private let core: NIOLoopBoundBox<ClientCore?>
  private let configuration: ClientConfiguration
  private let observers = ClientStateObservers()
  private let inbox = Mutex(Inbox())
  private let nextCallID = Atomic<UInt64>(1)

  /// Connects at the first call, or with ``connect()``.
  public init(_ configuration: ClientConfiguration) {
    self.configuration = configuration
    eventLoop = configuration.group.next()
    core = .makeEmptyBox(valueType: ClientCore.self, eventLoop: eventLoop)
  }

  /// What happens to the connection from now on, the present state first. Ends after `closed`. A slow reader misses the oldest changes.
  public func states() -> AsyncStream<ClientConnectionState> { observers.stream() }

  /// Connects and authenticates.
  /// - Throws: why it did not work this time: `unavailable`, `unauthenticated`, `no_common_version`, `plaintext_refused`, ...
  public func connect() async throws(WireError) {
    try await withCheckedContinuation { submit(.connect($0)) }.get()
  }

  /// Ends the connection and every call; waits until that is done. Nothing works after it.
  public func close() async {
    await withCheckedContinuation { submit(.close($0)) }
  }

  deinit {
    // Nobody can ask for anything any more; the event loop still holds the connection.
    eventLoop.execute { [core] in core.value?.close() }
  }

  // MARK: Calls

  /// Asks for one answer.
  /// - Parameters:
  ///   - timeout: how long to try, reconnects and retries included; nil tries for ever.
  ///   - idempotencyKey: at most 64 bytes; a mutating call without one gets a random one. The same key brings the same answer.
  /// - Throws: the server's error, `connection_lost`, `unavailable`, `deadline_exceeded`, `cancelled` or `bad_message`.
  public func call<Request: WireMessage, Response: WireMessage>(
    _ call: Call<Request, Response>, _ request: Request, attachment: ByteBuffer = ByteBuffer(), timeout: Duration? = .seconds(30),
    idempotencyKey: [UInt8]? = nil
  ) async throws(WireError) -> Reply<Response> {
    let entry = try Self.entry(call.rule)
    if Task.isCancelled { throw WireError(.cancelled, "the caller was cancelled before the request was sent", effect: .none) }
    let id = newCallID()
    let (message, key, deadline) = (encode(request), idempotencyKey ?? Self.key(entry), Self.deadline(timeout))
    let result = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        submit(
          .open(
            ClientCall(
              id: id, entry: entry, message: message, attachment: attachment, idempotencyKey: key, deadline: deadline,
              window: Credit(bytes: 0, items: 0), sink: .reply(continuation))))
        // A cancellation before this line had nothing to cancel yet.
        if Task.isCancelled { submit(.cancel(id)) }
      }
    } onCancel: {
      submit(.cancel(id))
    }
    return try Self.reply(try result.get())
  }

  /// Opens a stream of items. Returns at once; what goes wrong is thrown by the stream.
  /// - Parameter timeout: for the whole stream; nil (the default) lets it run for ever.
  public func stream<Request: WireMessage, Item: WireMessage>(
    _ call: StreamCall<Request, Item>, _ request: Request, window: StreamWindow = .automatic, timeout: Duration? = nil
  ) throws(WireError) -> ItemStream<Item> {
    let entry = try Self.entry(call.rule)
    let id = newCallID()
    let channel = ItemChannel()
    let (items, grantsItems) =
      switch window {
      case .automatic: (Limits.initialStreamItems, true)
      case .manual(let items): (items, false)
      }
    submit(
      .open(
        ClientCall(
          id: id, entry: entry, message: encode(request), attachment: ByteBuffer(), idempotencyKey: Self.key(entry),
          deadline: Self.deadline(timeout), window: Credit(bytes: Limits.initialStreamBytes, items: items),
          sink: .stream(channel))))
    return ItemStream(StreamLifetime(client: self, callID: id, channel: channel, grantsItems: grantsItems))
  }

  /// Sends `chunks` (of any size) after the request, as fast as the server takes them, and returns the answer.
  /// - Throws: as ``call(_:_:attachment:timeout:idempotencyKey:)``; an upload whose connection breaks is not repeated by itself. What the
  ///   sequence throws becomes `local_io`, unless it is a ``WireError``.
  public func upload<Request: WireMessage, Response: WireMessage, Chunks: AsyncSequence>(
    _ call: UploadCall<Request, Response>, _ request: Request, chunks: Chunks, timeout: Duration? = .seconds(300),
    idempotencyKey: [UInt8]? = nil
  ) async throws(WireError) -> Reply<Response> where Chunks.Element == ByteBuffer {
    let entry = try Self.entry(call.rule)
    let id = newCallID()
    let channel = UploadChannel()
    submit(
      .open(
        ClientCall(
          id: id, entry: entry, message: encode(request), attachment: ByteBuffer(),
          idempotencyKey: idempotencyKey ?? Self.key(entry),
          deadline: Self.deadline(timeout), window: Credit(bytes: 0, items: 0), sink: .upload(channel))))
    let result = await withTaskCancellationHandler {
      do throws(WireError) {
        try await send(chunks, id, channel)
        return Result<RawReply, WireError>.success(try await channel.reply())
      } catch {
        submit(.cancel(id))
        return .failure(error)
      }
    } onCancel: {
      submit(.cancel(id))
    }
    return try Self.reply(try result.get())
  }

  private func send<Chunks: AsyncSequence>(
    _ chunks: Chunks, _ id: UInt64, _ channel: UploadChannel
  ) async throws(WireError) where Chunks.Element == ByteBuffer {
    do {
      for try await var chunk in chunks {
        while let piece = chunk.readSlice(length: min(chunk.readableBytes, Limits.chunkBytes)), piece.readableBytes > 0 {
          guard await channel.reserve(piece.readableBytes) else { return }
          submit(.upload(id, chunk: piece, end: false))
        }
      }
    } catch {
      throw error as? WireError ?? WireError(.localIo, "what was to be uploaded cannot be read: \(error)", effect: .unknown)
    }
    submit(.upload(id, chunk: ByteBuffer(), end: true))
  }

  // MARK: The event loop

  /// Hands a command to the event loop. Many tasks at once cost one hop and one flush.
  func submit(_ command: ClientCommand) {
    let mustSchedule = inbox.withLock { inbox in
      inbox.commands.append(command)
      defer { inbox.isScheduled = true }
      return !inbox.isScheduled
    }
    if mustSchedule { eventLoop.execute { self.drain() } }
  }

  private func drain() {
    let commands = inbox.withLock { inbox in
      inbox.isScheduled = false
      defer { inbox.commands = [] }
      return inbox.commands
    }
    if core.value == nil {
      core.value = ClientCore(configuration, eventLoop: eventLoop) { [observers] in observers.tell($0) }
    }
    core.value?.run(commands)
  }

  private func newCallID() -> UInt64 { nextCallID.wrappingAdd(1, ordering: .relaxed).oldValue }

  private static func entry(_ rule: MethodRule) throws(WireError) -> MethodAccess.Entry {
    guard let entry = MethodAccess.entry(rule.method.rawValue) else {
      throw WireError(.unknownMethod, "method \(rule.method.rawValue) is not in the method table")
    }
    return entry
  }

  private static func key(_ entry: MethodAccess.Entry) -> [UInt8] { entry.mutates ? randomBytes(16) : [] }

  private static func deadline(_ timeout: Duration?) -> NIODeadline? { timeout.map { .now() + TimeAmount($0) } }

  private static func reply<Response: WireMessage>(_ raw: RawReply) throws(WireError) -> Reply<Response> {
    Reply(message: try Response(decoding: raw.message), attachment: raw.attachment, replayed: raw.replayed)
  }
}

private func encode(_ message: some WireMessage) -> ByteBuffer {
  var buffer = ByteBuffer()
  message.encode(into: &buffer)
  return buffer
}
