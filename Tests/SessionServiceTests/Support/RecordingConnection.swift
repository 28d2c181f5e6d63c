import NIOCore
import Synchronization
import Wire

/// The service's side of a connection whose peer is the test itself.
final class RecordingConnection: ServerConnection {
  let id: UInt64
  let principal: Principal
  let remoteAddress = "127.0.0.1:1"
  private let sent = Mutex<[Outbound]>([])
  private let firstSend = Mutex<(@Sendable () -> Void)?>(nil)

  init(id: UInt64, principal: Principal) {
    self.id = id
    self.principal = principal
  }

  /// The terminal frames so far, by their streams.
  var terminals: [UInt32: [Outbound]] {
    Dictionary(
      grouping: sent.withLock { sent in
        sent.filter { outbound in
          if case .item = outbound.kind { false } else { true }
        }
      }, by: \.streamID)
  }

  /// The items so far, in the order in which they were sent.
  var items: [Outbound] {
    sent.withLock { sent in
      sent.filter { outbound in
        if case .item = outbound.kind { true } else { false }
      }
    }
  }

  /// Runs once, inside the first send.
  func onFirstSend(_ action: @escaping @Sendable () -> Void) { firstSend.withLock { $0 = action } }

  func send(_ outbound: [Outbound]) {
    sent.withLock { $0 += outbound }
    let action = firstSend.withLock { action in
      defer { action = nil }
      return action
    }
    action?()
  }
  func grantUpload(streamID: UInt32, bytes: UInt32) {}
  func close(_ reason: WireError) {}
}
