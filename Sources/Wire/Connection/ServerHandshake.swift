import NIOCore

/// The server's side of the handshake: preface, HELLO → CHALLENGE, AUTH → READY. No I/O; randomness comes in.
package struct ServerHandshake: ~Copyable {
  package struct Parameters: Sendable {
    var serverId: String
    var limits: ConnectionLimits
    /// 32 random bytes, new for each connection.
    var nonce: [UInt8]
    /// What unknown keys are tried against, so that they fail in the same time and in the same way.
    var dummySecret: [UInt8]
    /// SHA-256 of the server's certificate under TLS, else empty.
    var certificateHash: [UInt8] = []
    /// Why this peer is not to be served, whoever it is: told once it has proved to speak the protocol.
    var refusal: WireError?
    /// Asked whether whoever claims to have this key is to be heard at all.
    var hears: @Sendable (_ keyId: String) -> WireError?
    /// Asked for a place for whoever has proved to have this key.
    var admits: @Sendable (_ keyId: String, Role) -> WireError?

    package init(
      serverId: String, limits: ConnectionLimits, nonce: [UInt8], dummySecret: [UInt8], certificateHash: [UInt8] = [],
      refusal: WireError? = nil, hears: @escaping @Sendable (_ keyId: String) -> WireError? = { _ in nil },
      admits: @escaping @Sendable (_ keyId: String, Role) -> WireError? = { _, _ in nil }
    ) {
      self.certificateHash = certificateHash
      self.serverId = serverId
      self.limits = limits
      self.nonce = nonce
      self.dummySecret = dummySecret
      self.refusal = refusal
      self.hears = hears
      self.admits = admits
    }
  }

  package enum PrefaceAction: Equatable {
    case reply([UInt8])
    /// Send these bytes, then the error if frames can be spoken at all, then close.
    case refuse([UInt8], WireError)
  }

  enum Action {
    case send(OutboundFrame)
    case ready(OutboundFrame, ConnectionAgreement)
  }

  private enum State {
    case preface
    case hello(clientPreface: [UInt8], serverPreface: [UInt8])
    case auth(key: AuthenticationKey?, transcript: [UInt8], hello: Hello)
    case done
  }

  private var parameters: Parameters
  private let keys: any KeyDirectory
  private var state = State.preface
  /// Whether a version was agreed, so that the peer can read a frame.
  private(set) var speaksFrames = false
  /// Who the peer says it is, proved or not.
  private(set) var claimedKeyId = ""

  package init(_ parameters: Parameters, keys: any KeyDirectory) {
    self.parameters = parameters
    self.keys = keys
  }

  var awaitsPreface: Bool {
    if case .preface = state { true } else { false }
  }

  /// Serves this peer no further than to tell it why.
  mutating func refuse(_ error: WireError) { parameters.refusal = parameters.refusal ?? error }

  /// - Throws: `bad_preface`.
  mutating func receive(preface: [UInt8]) throws(WireError) -> PrefaceAction {
    let chosen = try Preface.choose(clientPreface: preface)
    let reply = Preface.server(chosen: chosen)
    guard chosen != 0 else {
      state = .done
      return .refuse(reply, WireError(.noCommonVersion, "the client's preface offers no version that this server speaks"))
    }
    speaksFrames = true
    if let refusal = parameters.refusal {
      state = .done
      return .refuse(reply, refusal)
    }
    state = .hello(clientPreface: preface, serverPreface: reply)
    return .reply(reply)
  }

  /// - Throws: `bad_frame`, `bad_message` or `unauthenticated`.
  mutating func receive(_ frame: Frame) throws(WireError) -> Action {
    guard frame.streamID == 0 else { throw WireError(.badFrame, "frames of the handshake belong to stream 0") }
    switch state {
    case .hello(let clientPreface, let serverPreface):
      guard frame.type == .hello else { throw unexpected(frame, "HELLO") }
      return .send(try challenge(frame.body, clientPreface, serverPreface))
    case .auth(let key, let transcript, let hello):
      guard frame.type == .auth else { throw unexpected(frame, "AUTH") }
      state = .done
      return try ready(frame.body, key, transcript, hello)
    case .preface, .done:
      throw unexpected(frame, "nothing")
    }
  }

  private func unexpected(_ frame: Frame, _ wanted: String) -> WireError {
    WireError(.badFrame, "\(wanted) was expected in the handshake, not frame type \(frame.type.rawValue)")
  }

  private mutating func challenge(
    _ body: ByteBuffer, _ clientPreface: [UInt8], _ serverPreface: [UInt8]
  ) throws(WireError) -> OutboundFrame {
    let hello = try Hello(decoding: body)
    claimedKeyId = hello.keyId
    if let refusal = parameters.hears(hello.keyId) { throw refusal }
    guard hello.nonce.count == 32 else { throw WireError(.badMessage, "field 'nonce': 32 bytes are needed") }
    let challenge = Challenge.with {
      $0.nonce = parameters.nonce
      $0.serverId = parameters.serverId
      $0.features = hello.features & Feature.compression
      $0.codecs = BodyEncoding.allBits
    }
    let reply = challenge.encoded()
    let transcript = HandshakeTranscript(
      clientPreface: clientPreface, serverPreface: serverPreface, hello: Array(body.readableBytesView), challenge: reply,
      certificateHash: parameters.certificateHash)
    state = .auth(key: keys.key(hello.keyId), transcript: transcript.digest, hello: hello)
    return OutboundFrame(type: .challenge, streamID: 0, body: .plain(ByteBuffer(bytes: reply)))
  }

  private func ready(
    _ body: ByteBuffer, _ key: AuthenticationKey?, _ transcript: [UInt8], _ hello: Hello
  ) throws(WireError) -> Action {
    let auth = try Auth(decoding: body)
    let isValid = HandshakeProof.isValidClient(auth.proof, secret: key?.secret ?? parameters.dummySecret, transcript: transcript)
    guard isValid, let key else {
      throw WireError(.unauthenticated, "the key is unknown, revoked or wrong")
    }
    if let refusal = parameters.admits(hello.keyId, key.role) { throw refusal }
    let limits = ConnectionLimits.agree(parameters.limits, hello.limits)
    let ready = Ready.with {
      $0.limits = limits
      $0.role = key.role
      $0.proof = HandshakeProof.server(secret: key.secret, transcript: transcript, limits: limits, role: key.role)
    }
    let agreement = ConnectionAgreement(
      limits: limits, compression: hello.features & Feature.compression != 0, role: key.role, peer: hello.keyId,
      keyLimits: key.limits)
    return .ready(.control(.ready, ready), agreement)
  }
}
