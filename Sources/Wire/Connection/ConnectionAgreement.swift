/// Feature bits of HELLO and CHALLENGE.
enum Feature {
  /// The peer understands codecs 1 and 2.
  static let compression: UInt64 = 1 << 0
}

extension ConnectionLimits {
  /// What a side asks for when nothing else is configured.
  public static let standard = ConnectionLimits.with {
    $0.maxFrameBytes = UInt32(Limits.defaultFrameBytes)
    $0.maxMessageBytes = UInt32(Limits.defaultMessageBytes)
    $0.maxStreams = UInt32(Limits.maxStreams)
  }

  /// What kai-session, kai-agent and kaictl ask for: a frame that holds a whole message as it is, because a checkpoint's body is
  /// compressed already and travels in one piece.
  public static let wholeMessages = ConnectionLimits.with {
    $0.maxFrameBytes = UInt32(Limits.defaultMessageBytes)
    $0.maxMessageBytes = UInt32(Limits.defaultMessageBytes)
    $0.maxStreams = UInt32(Limits.maxStreams)
  }

  /// The smaller of both wishes, never beyond the hard caps and never too small for a chunk. A wish of 0 means the standard.
  static func agree(_ mine: ConnectionLimits, _ theirs: ConnectionLimits?) -> ConnectionLimits {
    func choose(_ field: KeyPath<ConnectionLimits, UInt32>, floor: Int, cap: Int) -> UInt32 {
      let wishes = [mine[keyPath: field], theirs?[keyPath: field] ?? 0].map { $0 == 0 ? standard[keyPath: field] : $0 }
      return min(max(wishes.min() ?? 0, UInt32(floor)), UInt32(cap))
    }
    return .with {
      $0.maxFrameBytes = choose(\.maxFrameBytes, floor: Limits.minFrameBytes, cap: Limits.hardFrameBytes)
      $0.maxMessageBytes = choose(\.maxMessageBytes, floor: Limits.minFrameBytes, cap: Limits.hardMessageBytes)
      $0.maxStreams = choose(\.maxStreams, floor: 1, cap: Limits.maxStreams)
    }
  }

  /// Whether a server may have agreed to this.
  var isAcceptable: Bool {
    (Limits.minFrameBytes...Limits.hardFrameBytes).contains(Int(maxFrameBytes))
      && (Limits.minFrameBytes...Limits.hardMessageBytes).contains(Int(maxMessageBytes))
      && (1...Limits.maxStreams).contains(Int(maxStreams))
  }
}

/// What the handshake settled.
package struct ConnectionAgreement: Sendable, Equatable {
  package var limits: ConnectionLimits
  /// Whether the peer understands compressed bodies.
  package var compression: Bool
  package var role: Role
  /// The key id, as the server sees it; the server's id, as the client sees it.
  package var peer: String
  /// Of the client's key; the server's business alone.
  package var keyLimits = KeyLimits()
}
