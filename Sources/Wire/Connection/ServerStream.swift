import NIOCore

/// One request on the server's side, from its REQUEST until its terminal frame has been handed to the network.
struct ServerStream {
  let shape: CallShape
  /// What the request counts against the connection's memory budget, in bytes.
  let heldBytes: Int
  let deadline: NIODeadline?
  /// For ITEMs.
  var credit: Credit
  /// What waits for credit, in order: items, and last perhaps the RESPONSE.
  var queue = LazyQueue<Outbound>()
  /// Whether the handler has ended, and its RESPONSE waits behind items. What it sends after that goes nowhere.
  var hasResponded: Bool {
    if case .response = queue.last?.kind { true } else { false }
  }

  /// The service was told to stop; its items go nowhere any more.
  var isCancelled = false
  /// Whether an item went out since the last CREDIT, so that another CREDIT makes sense.
  var sentSinceCredit = true
  /// For UPLOADs, in bytes.
  var uploadCredit = Int(Limits.initialStreamBytes)
  var uploadEnded = false
}

extension Outbound {
  /// What it counts against credit and the pending cap, in bytes.
  var creditBytes: Int {
    if let packed { packed.rawLength - MessageBody.prefixBytes } else { heldBytes }
  }

  /// What it takes of the memory, in bytes.
  var heldBytes: Int { (packed?.bytes.readableBytes ?? 0) + message.readableBytes + attachment.readableBytes }

  var frame: OutboundFrame {
    switch kind {
    case .response(let replayed):
      OutboundFrame(type: .response, flags: replayed ? .replayed : [], streamID: streamID, body: body)
    case .item:
      OutboundFrame(type: .item, streamID: streamID, body: body)
    case .error:
      OutboundFrame(type: .error, streamID: streamID, body: .plain(message))
    }
  }
  private var body: OutboundFrame.Body {
    if let packed { return .packed(packed) }
    return .message(message, attachment: attachment, attachmentIsEncoded: attachmentIsEncoded)
  }
}
