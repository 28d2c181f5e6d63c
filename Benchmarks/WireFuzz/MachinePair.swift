import NIOCore
import Wire

/// Every key is good, and its role is admin.
private struct OneKey: KeyDirectory {
  static let secret = [UInt8](repeating: 7, count: 32)
  func key(_ keyId: String) -> AuthenticationKey? { AuthenticationKey(secret: Self.secret, role: .admin) }
}

/// A server's and a client's machine, after or before their handshake with each other.
struct MachinePair: ~Copyable {
  var server: ServerConnectionMachine
  var client: ClientConnectionMachine

  init(now: NIODeadline) {
    let nonce = [UInt8](repeating: 1, count: 32)
    server = ServerConnectionMachine(
      ServerHandshake(.init(serverId: "fuzz", limits: .standard, nonce: nonce, dummySecret: nonce), keys: OneKey()),
      timings: ConnectionTimings(), now: now)
    client = ClientConnectionMachine(
      ClientHandshake(
        .init(keyId: "fuzz", secret: OneKey.secret, nonce: nonce, name: "fuzz", version: "1", limits: .standard)),
      timings: ConnectionTimings(), now: now)
  }

  /// Runs the handshake to READY on both sides.
  mutating func shakeHands(now: NIODeadline) throws {
    guard case .reply(let preface) = try server.receive(preface: client.preface) else { return }
    let hello = try client.receive(preface: preface)
    guard case .send(let challenge) = try server.receive(.frame(received(hello)), now), let challenge = challenge.first,
      case .send(let auth) = try client.receive(.frame(received(challenge))),
      case .open(let ready, _) = try server.receive(.frame(received(auth)), now)
    else { return }
    _ = try client.receive(.frame(received(ready)))
  }
}

/// A frame as the other side gets it, without the bytes between.
func received(_ frame: OutboundFrame) -> Frame {
  var body = ByteBuffer()
  var flags = frame.flags
  switch frame.body {
  case .packed:
    preconditionFailure("only the transport compresses beforehand")
  case .plain(let bytes):
    body = bytes
  case .request(let head, let message, let attachment, _):
    body.writeMultipleIntegers(UInt16(clamping: head.encodedSize), UInt16(0), UInt32(clamping: message.readableBytes))
    head.encode(into: &body)
    body.writeImmutableBuffer(message)
    body.writeImmutableBuffer(attachment)
    if attachment.readableBytes > 0 { flags.insert(.attachment) }
  case .message(let message, let attachment, _):
    body.writeMultipleIntegers(UInt16(0), UInt16(0), UInt32(clamping: message.readableBytes))
    body.writeImmutableBuffer(message)
    body.writeImmutableBuffer(attachment)
    if attachment.readableBytes > 0 { flags.insert(.attachment) }
  }
  return Frame(type: frame.type, flags: flags, streamID: frame.streamID, body: body)
}
