import NIOCore
import Wire

/// What a method's function may know of its call, beside the message.
struct CallContext: Sendable {
  let principal: Principal
  let attachment: ByteBuffer
  let streamID: UInt32
  let connection: any ServerConnection
  /// Where a live route puts what takes the later events of its stream.
  var streams = OpenStreams()
  /// The trace that the call belongs to: its own span, if there is one.
  var trace: TraceContext?
  /// To be called by a live route that answers once, with how it ended: it is counted then.
  var answered: @Sendable (WireError?) -> Void = { _ in }

  /// What the caller's key is limited to; nil for everything.
  var access: ConnectionAccess? { ConnectionAccess(principal) }
}

/// Where the nouns register their methods: one function per method.
///
/// `read` runs in a reader's transaction, `write` in the writer's (with the idempotency record in the same transaction),
/// `memory` on the event loop, for what can be answered at once without the store, `live` there too, for streams: it owes
/// the terminal reply itself. Neither of those two may block.
struct Router: Sendable {
  struct Encoded {
    let message: ByteBuffer
    var attachment = ByteBuffer()
    /// Whether it is the answer of an earlier arrival of the same request.
    var isReplay = false

    init(_ message: some WireMessage, isReplay: Bool = false) {
      var buffer = ByteBuffer()
      message.encode(into: &buffer)
      self.message = buffer
      self.isReplay = isReplay
    }
  }

  enum Route: Sendable {
    case read(@Sendable (any Transaction, InboundRequest, CallContext) throws(WireError) -> Encoded)
    case write(@Sendable (any Transaction, InboundRequest, CallContext) throws(WireError) -> Encoded)
    case memory(@Sendable (InboundRequest, CallContext) throws(WireError) -> ByteBuffer)
    case live(@Sendable (InboundRequest, CallContext) throws(WireError) -> Void)
  }

  typealias Completion = @Sendable (ByteBuffer) throws(WireError) -> ByteBuffer

  /// By the method's number.
  private var routes: [Route?] = []
  /// Writes whose reply is not stored: what they store tells a repeat from a new request.
  private(set) var ownState: Set<Method> = []
  /// Adds to a reply what must not be stored with it.
  private(set) var completions: [Method: Completion] = [:]

  private(set) subscript(method: Method) -> Route? {
    get {
      let number = Int(method.rawValue)
      return routes.indices.contains(number) ? routes[number] : nil
    }
    set {
      let number = Int(method.rawValue)
      while routes.count <= number { routes.append(nil) }
      routes[number] = newValue
    }
  }

  mutating func read<Q: WireMessage, P: WireMessage>(
    _ call: Call<Q, P>, _ body: @escaping @Sendable (any Transaction, Q, CallContext) throws(WireError) -> P
  ) {
    self[call.rule.method] = .read { (transaction, request, context) throws(WireError) in
      Encoded(try body(transaction, try Q(decoding: request.message), context))
    }
  }

  /// A write whose reply is stored beside the idempotency key, in the same transaction.
  mutating func write<Q: WireMessage, P: WireMessage>(
    _ call: Call<Q, P>, _ body: @escaping @Sendable (any Transaction, Q, CallContext) throws(WireError) -> P
  ) {
    ownState.remove(call.rule.method)
    self[call.rule.method] = .write { (transaction, request, context) throws(WireError) in
      Encoded(try body(transaction, try Q(decoding: request.message), context))
    }
  }

  /// A write that recognises its own repeat by what it has stored, and says so beside its reply.
  mutating func writeOwnState<Q: WireMessage, P: WireMessage>(
    _ call: Call<Q, P>,
    _ body: @escaping @Sendable (any Transaction, Q, CallContext) throws(WireError) -> (reply: P, isReplay: Bool)
  ) {
    ownState.insert(call.rule.method)
    self[call.rule.method] = .write { (transaction, request, context) throws(WireError) in
      let (reply, isReplay) = try body(transaction, try Q(decoding: request.message), context)
      return Encoded(reply, isReplay: isReplay)
    }
  }

  /// Runs on each reply to `call`, new or stored, just before it is sent.
  mutating func complete<Q: WireMessage, P: WireMessage>(
    _ call: Call<Q, P>, _ body: @escaping @Sendable (inout P) -> Void
  ) {
    let completion: Completion = { (stored: ByteBuffer) throws(WireError) -> ByteBuffer in
      var reply = try P(decoding: stored)
      body(&reply)
      return Encoded(reply).message
    }
    completions[call.rule.method] = completion
  }

  mutating func memory<Q: WireMessage, P: WireMessage>(
    _ call: Call<Q, P>, _ body: @escaping @Sendable (Q, CallContext) throws(WireError) -> P
  ) {
    self[call.rule.method] = .memory { (request, context) throws(WireError) in
      Encoded(try body(try Q(decoding: request.message), context)).message
    }
  }

  /// A call whose answer never changes while the process runs.
  mutating func constant<Q: WireMessage, P: WireMessage>(_ call: Call<Q, P>, _ answer: P) {
    let encoded = Encoded(answer).message
    self[call.rule.method] = .memory { (_, _) throws(WireError) in encoded }
  }

  mutating func live(_ method: Method, _ body: @escaping @Sendable (InboundRequest, CallContext) throws(WireError) -> Void) {
    self[method] = .live(body)
  }
}
