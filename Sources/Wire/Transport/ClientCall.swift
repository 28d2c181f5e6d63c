import NIOCore

/// The end of a call as the network knows it, before its message is decoded.
struct RawReply: Sendable {
  let message: ByteBuffer
  let attachment: ByteBuffer
  let replayed: Bool
}

/// A call as it crosses from the caller's task to the client's event loop.
struct ClientCall: Sendable {
  /// Who waits for it.
  enum Sink: Sendable {
    case reply(CheckedContinuation<Result<RawReply, WireError>, Never>)
    case stream(ItemChannel)
    case upload(UploadChannel)
  }

  let id: UInt64
  let entry: MethodAccess.Entry
  let message: ByteBuffer
  let attachment: ByteBuffer
  let idempotencyKey: [UInt8]
  let deadline: NIODeadline?
  let window: Credit
  let sink: Sink
  /// The trace that the caller's work belongs to.
  var trace = TraceContext.current

  /// Ends the call; must be called once.
  func finish(_ result: Result<RawReply, WireError>) {
    switch sink {
    case .reply(let continuation): continuation.resume(returning: result)
    case .stream(let channel): channel.finish(result.failure)
    case .upload(let channel): channel.finish(result)
    }
  }

  /// Whether sending it a second time is harmless: its repeat is recognised or changes nothing, and nothing of it was consumed.
  var isRepeatable: Bool { entry.shape == .unary }
}

extension Result {
  var failure: Failure? {
    if case .failure(let error) = self { error } else { nil }
  }
}

/// What tasks ask of the client's event loop.
enum ClientCommand: Sendable {
  case connect(CheckedContinuation<Result<Void, WireError>, Never>)
  case open(ClientCall)
  case cancel(UInt64)
  case grant(UInt64, bytes: UInt32, items: UInt32)
  case upload(UInt64, chunk: ByteBuffer, end: Bool)
  case close(CheckedContinuation<Void, Never>)
}
