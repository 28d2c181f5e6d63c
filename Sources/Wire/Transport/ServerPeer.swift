import Guards
import NIOCore
import Synchronization

/// One authenticated connection, as the service holds it: a door to its handler on its event loop.
final class ServerPeer: ServerConnection {
  let id: UInt64
  let principal: Principal
  let remoteAddress: String
  private let eventLoop: any EventLoop
  /// Emptied when the connection ends, so that a service that keeps the peer does not keep the connection.
  private let handler: NIOLoopBoundBox<ServerConnectionHandler?>
  private let account: MemoryAccount?
  private let compresses: Bool
  private let congestion = Atomic(false)

  /// Must be called on the handler's event loop.
  init(
    id: UInt64, principal: Principal, remoteAddress: String, handler: ServerConnectionHandler, account: MemoryAccount?,
    compresses: Bool, eventLoop: any EventLoop
  ) {
    self.account = account
    self.compresses = compresses
    self.id = id
    self.principal = principal
    self.remoteAddress = remoteAddress
    self.eventLoop = eventLoop
    self.handler = NIOLoopBoundBox(handler, eventLoop: eventLoop)
  }

  var overload: WireError? { account?.refusal }

  var isCongested: Bool {
    get { congestion.load(ordering: .relaxed) && !Guard.congestion.isOff }
    set { congestion.store(newValue, ordering: .relaxed) }
  }

  func send(_ outbound: [Outbound]) {
    guard !eventLoop.inEventLoop, let account else { return onLoop { $0.send(outbound) } }
    let bytes = outbound.reduce(0) { $0 + $1.heldBytes }
    account.change(by: bytes)
    var ready = outbound
    if compresses { for index in ready.indices { ready[index].pack() } }
    let held = ready.reduce(0) { $0 + $1.heldBytes }
    account.change(by: held - bytes)
    eventLoop.execute { [handler, ready] in
      account.change(by: -held)
      handler.value?.send(ready)
    }
  }

  func afterSending(_ body: @escaping @Sendable () -> Void) { eventLoop.execute(body) }

  func grantUpload(streamID: UInt32, bytes: UInt32) {
    onLoop { $0.grantUpload(streamID: streamID, bytes: bytes) }
  }

  func close(_ reason: WireError) {
    onLoop { $0.close(reason) }
  }

  /// Must be called on the event loop.
  func disconnect() {
    handler.value = nil
  }

  private func onLoop(_ act: @escaping @Sendable (ServerConnectionHandler) -> Void) {
    if eventLoop.inEventLoop {
      if let handler = handler.value { act(handler) }
    } else {
      eventLoop.execute { [handler] in
        if let handler = handler.value { act(handler) }
      }
    }
  }
}
