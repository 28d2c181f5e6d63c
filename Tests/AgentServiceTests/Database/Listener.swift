import Foundation
import Synchronization
import Testing

/// A server on loopback that says the same to everybody and remembers what it was sent.
final class Listener: Sendable {
  private struct State {
    var connections = 0
    var received: [UInt8] = []
  }

  let port: UInt16
  private let socket: Int32
  private let state = Mutex(State())

  convenience init(saying text: String) throws { try self.init(bytes: Array(text.utf8)) }

  init(bytes: [UInt8]) throws {
    socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let descriptor = socket
    let bound = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, size) == 0 && listen(descriptor, 16) == 0 && getsockname(descriptor, $0, &size) == 0
      }
    }
    try #require(bound)
    port = UInt16(bigEndian: address.sin_port)
    Thread.detachNewThread { [self] in
      while true {
        let peer = accept(socket, nil, nil)
        guard peer >= 0 else { return }
        state.withLock { $0.connections += 1 }
        serve(peer, bytes)
      }
    }
  }

  private func serve(_ peer: Int32, _ bytes: [UInt8]) {
    var buffer = [UInt8](repeating: 0, count: 4_096)
    let count = read(peer, &buffer, buffer.count)
    state.withLock { $0.received += buffer.prefix(max(0, count)) }
    // Who is told nothing is hung up on.
    if !bytes.isEmpty { _ = send(peer, bytes, bytes.count, Int32(MSG_NOSIGNAL)) }
    var timeout = timeval(tv_sec: 0, tv_usec: 200_000)
    setsockopt(peer, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
    let more = bytes.isEmpty ? 0 : read(peer, &buffer, buffer.count)
    state.withLock { $0.received += buffer.prefix(max(0, more)) }
    close(peer)
  }

  var connections: Int { state.withLock { $0.connections } }
  var received: String { String(decoding: state.withLock { $0.received }, as: UTF8.self) }

  /// The port, on which nobody listens any more.
  func closedPort() -> UInt16 {
    shutdown(socket, Int32(SHUT_RDWR))
    close(socket)
    return port
  }
}
