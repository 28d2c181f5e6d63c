#if DEBUG
  import Glibc
#endif

/// A guard against abuse that a debug build can be started without, so that `script/attack --controls` can show that the attack succeeds
/// then. A release build has no such switch.
public enum Guard: String, CaseIterable, Sendable {
  /// Runs of combining marks and long words are cut before they are compared.
  case text
  /// What connections hold counts against a budget of the server and a share of the key.
  case memory
  /// A stream whose peer does not read is not read from the store.
  case congestion
  /// Keys take turns at the readers and at the writer.
  case turns
  /// An address has half of the places in the handshake at most.
  case handshakes
  /// A key has half of the connections at most, and admins have some left; its tasks have half of the queue.
  case places
  /// A frame must arrive at a least rate.
  case rate
  /// A page of a list ends where it would be more than a message holds.
  case pages
  /// A listener that cannot accept waits before it tries again.
  case accept

  #if DEBUG
    /// Named in KAI_GUARDS_OFF, with commas between.
    private static let off: Set<Guard> = {
      guard let names = getenv("KAI_GUARDS_OFF") else { return [] }
      return Set(String(cString: names).split(separator: ",").compactMap { Guard(rawValue: String($0)) })
    }()

    public var isOff: Bool { Self.off.contains(self) }
  #else
    @inlinable public var isOff: Bool { false }
  #endif
}
