import Glibc
import NIOCore
import NIOPosix

/// Why a connection could not be made, in words for people.
enum ConnectFailure {
  /// The first of the reasons there are: a name may stand for several addresses, and each of them failed.
  static func sentence(_ error: any Error) -> String {
    if let failure = error as? NIOConnectionError {
      if let first = failure.connectionErrors.first { return sentence(first.error) }
      if failure.dnsAError != nil || failure.dnsAAAAError != nil { return "the name '\(failure.host)' is not known" }
    }
    if let failure = error as? IOError { return String(cString: strerror(failure.errnoCode)).lowercased() }
    if case ChannelError.connectTimeout? = error as? ChannelError { return "no answer in time" }
    return "\(error)"
  }
}
