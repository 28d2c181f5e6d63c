import CCurl
import Glibc
import Synchronization

/// Owns the thread that runs libcurl's multi interface. Calls reach it through an inbox; it is woken from its poll.
final class CurlDriver: Sendable {
  enum Command: Sendable {
    case start(HTTPRequest, HTTPExchange)
    case cancel(HTTPExchange)
  }

  struct Inbox: Sendable {
    var commands: [Command] = []
    var isStopping = false
    var isClosed = false
  }

  private let inbox = Mutex(Inbox())
  private let multi: MultiHandle?

  init() {
    multi = MultiHandle()
    let started = multi.map { multi in
      startThread { [self] in CurlLoop(multi: multi, driver: self).run() }
    }
    if started != true { inbox.withLock { $0.isClosed = true } }
  }

  /// Begins a call; what comes of it goes to `exchange`.
  func start(_ request: HTTPRequest, _ exchange: HTTPExchange) {
    guard post(.start(request, exchange)) else {
      exchange.finish(.unreachable("the HTTP client is closed"))
      return
    }
  }

  /// Ends a call at once and closes its connection; does nothing when it is already over.
  func cancel(_ exchange: HTTPExchange) {
    exchange.finish(.cancelled)
    _ = post(.cancel(exchange))
  }

  /// Ends the thread; calls in flight end as cancelled.
  func stop() {
    inbox.withLock { $0.isStopping = true }
    multi?.wake()
  }

  private func post(_ command: Command) -> Bool {
    let accepted = inbox.withLock { inbox in
      guard !inbox.isClosed, !inbox.isStopping else { return false }
      inbox.commands.append(command)
      return true
    }
    if accepted { multi?.wake() }
    return accepted
  }

  /// For the loop: everything posted since the last call.
  func takeInbox() -> Inbox {
    inbox.withLock { inbox in
      let taken = inbox
      inbox.commands = []
      if inbox.isStopping { inbox.isClosed = true }
      return taken
    }
  }
}

/// A `CURLM`, freed with its last owner. Unchecked, because curl_multi_wakeup is the one call made from other threads, and
/// libcurl allows exactly that; all else happens on the driver's thread.
final class MultiHandle: @unchecked Sendable {
  let pointer: UnsafeMutableRawPointer

  /// libcurl wants this once per process, before any other call.
  private static let isReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

  init?() {
    guard Self.isReady, let pointer = curl_multi_init() else { return nil }
    self.pointer = pointer
  }

  deinit { curl_multi_cleanup(pointer) }

  func wake() { curl_multi_wakeup(pointer) }
}

/// Runs `body` on a new detached thread.
/// - Returns: whether the system gave one.
private func startThread(_ body: @escaping @Sendable () -> Void) -> Bool {
  final class Start {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }
  let start = Unmanaged.passRetained(Start(body))
  var thread = pthread_t()
  let failed = pthread_create(
    &thread, nil,
    { argument in
      guard let argument else { return nil }
      Unmanaged<Start>.fromOpaque(argument).takeRetainedValue().body()
      return nil
    }, start.toOpaque())
  guard failed == 0 else {
    start.release()
    return false
  }
  pthread_detach(thread)
  return true
}
