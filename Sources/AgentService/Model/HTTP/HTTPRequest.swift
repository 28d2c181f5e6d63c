/// One HTTP call. Its headers may hold a secret, so a request prints as its method alone.
struct HTTPRequest: Sendable, CustomStringConvertible, CustomReflectable {
  var method = "POST"
  /// `http://…` or `https://…`.
  var url: String
  var headers: [HTTPHeader] = []
  var body = HTTPBody()
  var timeouts = HTTPTimeouts()
  var route = HTTPRoute()
  /// A longer answer is cut off with ``HTTPFailure/tooLarge(limitBytes:)``.
  var maxResponseBytes = 8 * 1024 * 1024

  var description: String { "HTTP \(method)" }
  var customMirror: Mirror { Mirror(self, children: ["method": method]) }
}

/// The bytes of a request, in memory that does not move: libcurl reads them where they are, so that a node with ten thousand tasks has each
/// once.
final class HTTPBody: Sendable {
  /// Nobody writes to them after they were copied.
  nonisolated(unsafe) let bytes: UnsafeRawBufferPointer

  init(_ content: some Collection<UInt8> = []) {
    let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: content.count, alignment: 1)
    copy.copyBytes(from: content)
    bytes = UnsafeRawBufferPointer(copy)
  }

  deinit { bytes.deallocate() }
}

/// How a server is reached and known.
struct HTTPRoute: Sendable, Equatable {
  /// `http://HOST:PORT`, `https://…`, `socks5://…` or `socks5h://…`; nil is what the environment says (`https_proxy`, `no_proxy`).
  var proxy: String?
  /// A file with the certificates, in PEM, that servers are trusted by; nil is the system's.
  var caFile: String?
}

struct HTTPHeader: Sendable, Equatable {
  let name: String
  let value: String
}

/// How long each phase of a call may take. Precise to about 10 ms.
struct HTTPTimeouts: Sendable {
  /// Name lookup, TCP and TLS.
  var connect = Duration.seconds(10)
  /// From the start of the call to the answer's head.
  var firstByte = Duration.seconds(120)
  /// Between two pieces of the answer.
  var idle = Duration.seconds(60)
  /// The whole call.
  var total = Duration.seconds(600)
}

/// An answer without its body.
struct HTTPHead: Sendable, Equatable {
  let status: Int
  /// Names in lower case; of a repeated header, the last.
  let headers: [String: String]
}

/// Why a call has no answer, or only half of one. The texts name the host at most, never a header.
enum HTTPFailure: Error, Sendable, Equatable {
  enum Phase: String, Sendable {
    case connect
    case firstByte
    case idle
    case total
  }

  /// The address or a header cannot be used.
  case badRequest(String)
  /// No connection: name lookup, TCP or TLS failed.
  case unreachable(String)
  case timedOut(Phase)
  /// The connection broke, or the peer does not speak HTTP.
  case broken(String)
  case tooLarge(limitBytes: Int)
  case cancelled
}
