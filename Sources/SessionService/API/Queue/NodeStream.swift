import Wire

/// A node's attach stream.
final class NodeStream: LiveStream {
  let name: StreamName
  let keyId: String
  private let context: CallContext
  private let queue: TaskQueue

  init(_ context: CallContext, queue: TaskQueue) {
    name = StreamName(connection: context.connection.id, streamID: context.streamID)
    keyId = context.principal.keyId
    self.context = context
    self.queue = queue
  }

  func send(_ item: NodeItem) { context.connection.send([.item(context.streamID, item)]) }

  /// Sends the terminal reply. The queue has let go of the stream.
  func finish(_ error: WireError) {
    context.streams.close(context.streamID)
    context.connection.send([.error(context.streamID, error)])
  }

  func credit(bytes: UInt32, items: UInt32) {
    queue.decide { (dispatcher, now) in dispatcher.credit(name, items: items, now: now) }
  }

  func cancel() {
    queue.detach(name)
    finish(WireError(.cancelled, "node.attach was cancelled"))
  }

  /// The queue keeps the node as attached: its leases are for the next start to look after.
  func serverStops() { finish(EventWatch.stopping) }

  func disconnected() { queue.detach(name) }
}
