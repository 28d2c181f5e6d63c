import NIOCore

/// The client's side of the handshake. No I/O; randomness comes in.
package struct ClientHandshake: ~Copyable {
  package struct Parameters: Sendable {
    var keyId: String
    var secret: [UInt8]
    /// 32 random bytes, new for each connection.
    var nonce: [UInt8]
    var name: String
    var version: String
    var limits: ConnectionLimits
    /// SHA-256 of the server's certificate under TLS, else empty.
    var certificateHash: [UInt8] = []

    package init(keyId: String, secret: [UInt8], nonce: [UInt8], name: String, version: String, limits: ConnectionLimits) {
      self.keyId = keyId
      self.secret = secret
      self.nonce = nonce
      self.name = name
      self.version = version
      self.limits = limits
    }
  }

  enum Action {
    case send(OutboundFrame)
    case ready(ConnectionAgreement)
  }

  private enum State {
    case preface
    case challenge(serverPreface: [UInt8], hello: [UInt8])
    case ready(transcript: [UInt8], challenge: Challenge)
    case done
  }

  private var parameters: Parameters
  private let clientPreface = Preface.client()
  private var state = State.preface

  package init(_ parameters: Parameters) {
    self.parameters = parameters
  }

  /// The connection is secured with the certificate of which this is the SHA-256: both proofs are for it and no other.
  mutating func bind(certificateHash: [UInt8]) { parameters.certificateHash = certificateHash }

  var awaitsPreface: Bool {
    if case .preface = state { true } else { false }
  }

  /// The first bytes on the connection.
  var preface: [UInt8] { clientPreface }

  /// Answers the server's preface with HELLO.
  /// - Throws: `bad_preface` or `no_common_version`.
  mutating func receive(preface: [UInt8]) throws(WireError) -> OutboundFrame {
    try Preface.accept(serverPreface: preface)
    let hello = Hello.with {
      $0.keyId = parameters.keyId
      $0.nonce = parameters.nonce
      $0.name = parameters.name
      $0.version = parameters.version
      $0.features = Feature.compression
      $0.limits = parameters.limits
    }.encoded()
    state = .challenge(serverPreface: preface, hello: hello)
    return OutboundFrame(type: .hello, streamID: 0, body: .plain(ByteBuffer(bytes: hello)))
  }

  /// - Throws: what the server said in an ERROR, `bad_frame`, `bad_message`, or `unauthenticated` when the server does not have the key.
  mutating func receive(_ frame: Frame) throws(WireError) -> Action {
    guard frame.streamID == 0 else { throw WireError(.badFrame, "frames of the handshake belong to stream 0") }
    if frame.type == .error { throw try WireError(decoding: frame.body) }
    switch state {
    case .challenge(let serverPreface, let hello):
      guard frame.type == .challenge else { throw unexpected(frame, "CHALLENGE") }
      let challenge = try Challenge(decoding: frame.body)
      guard challenge.nonce.count == 32 else { throw WireError(.badMessage, "field 'nonce': 32 bytes are needed") }
      let transcript = HandshakeTranscript(
        clientPreface: clientPreface, serverPreface: serverPreface, hello: hello,
        challenge: Array(frame.body.readableBytesView), certificateHash: parameters.certificateHash
      ).digest
      state = .ready(transcript: transcript, challenge: challenge)
      let proof = HandshakeProof.client(secret: parameters.secret, transcript: transcript)
      return .send(.control(.auth, Auth.with { $0.proof = proof }))
    case .ready(let transcript, let challenge):
      guard frame.type == .ready else { throw unexpected(frame, "READY") }
      state = .done
      return .ready(try accept(try Ready(decoding: frame.body), transcript, challenge))
    case .preface, .done:
      throw unexpected(frame, "nothing")
    }
  }

  private func accept(_ ready: Ready, _ transcript: [UInt8], _ challenge: Challenge) throws(WireError) -> ConnectionAgreement {
    guard let limits = ready.limits, limits.isAcceptable else {
      throw WireError(.badMessage, "field 'limits': READY has none, or they are outside the protocol's caps")
    }
    let isValid = HandshakeProof.isValidServer(
      ready.proof, secret: parameters.secret, transcript: transcript, limits: limits, role: ready.role)
    guard isValid else {
      throw WireError(
        .unauthenticated, "the server does not have the key", hint: "Check the address: this is not the server that made the key."
      )
    }
    return ConnectionAgreement(
      limits: limits, compression: challenge.codecs & BodyEncoding.allBits == BodyEncoding.allBits, role: ready.role,
      peer: challenge.serverId)
  }

  private func unexpected(_ frame: Frame, _ wanted: String) -> WireError {
    WireError(.badFrame, "\(wanted) was expected in the handshake, not frame type \(frame.type.rawValue)")
  }
}
