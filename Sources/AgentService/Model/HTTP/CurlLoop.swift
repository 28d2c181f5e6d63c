import CCurl

/// What the driver's thread does: takes commands, lets libcurl move bytes, keeps the deadlines. Confined to that thread.
final class CurlLoop {
  private let multi: MultiHandle
  private unowned let driver: CurlDriver
  private var transfers: [UnsafeMutableRawPointer: CurlTransfer] = [:]
  private var handles: [ObjectIdentifier: UnsafeMutableRawPointer] = [:]
  /// No transfer's deadline lies before this moment.
  private var nextCheck: ContinuousClock.Instant?

  init(multi: MultiHandle, driver: CurlDriver) {
    self.multi = multi
    self.driver = driver
  }

  func run() {
    while true {
      let inbox = driver.takeInbox()
      for command in inbox.commands { handle(command) }
      if inbox.isStopping { break }
      var running: Int32 = 0
      curl_multi_perform(multi.pointer, &running)
      endFinished()
      expire()
      curl_multi_poll(multi.pointer, nil, 0, pollMilliseconds(), nil)
    }
    for transfer in transfers.values { end(transfer, .cancelled) }
  }

  private func handle(_ command: CurlDriver.Command) {
    switch command {
    case .start(let request, let exchange):
      do throws(HTTPFailure) {
        let transfer = try CurlTransfer(request, exchange, now: .now)
        guard curl_multi_add_handle(multi.pointer, transfer.easy) == CURLM_OK else {
          throw .unreachable("libcurl cannot take another call")
        }
        transfers[transfer.easy] = transfer
        handles[ObjectIdentifier(exchange)] = transfer.easy
        nextCheck = min(nextCheck ?? transfer.earliestDeadline(after: .now), transfer.earliestDeadline(after: .now))
      } catch {
        exchange.finish(error)
      }
    case .cancel(let exchange):
      if let easy = handles[ObjectIdentifier(exchange)], let transfer = transfers[easy] { end(transfer, .cancelled) }
    }
  }

  private func endFinished() {
    var left: Int32 = 0
    while let message = curl_multi_info_read(multi.pointer, &left) {
      guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle,
        let transfer = transfers[easy]
      else { continue }
      end(transfer, transfer.failure(for: message.pointee.data.result))
    }
  }

  /// Ends every transfer whose time is over. Looks at all of them, but no more often than one can have run out.
  private func expire() {
    let now = ContinuousClock.now
    guard let check = nextCheck, check <= now else { return }
    for transfer in transfers.values {
      if let phase = transfer.expired(at: now) { end(transfer, .timedOut(phase)) }
    }
    nextCheck = transfers.values.map { $0.earliestDeadline(after: now) }.min()
  }

  private func end(_ transfer: CurlTransfer, _ failure: HTTPFailure?) {
    // Taken out while a transfer is under way, libcurl closes its connection.
    curl_multi_remove_handle(multi.pointer, transfer.easy)
    transfers[transfer.easy] = nil
    handles[ObjectIdentifier(transfer.exchange)] = nil
    transfer.exchange.finish(failure)
  }

  private func pollMilliseconds() -> Int32 {
    guard let nextCheck else { return 60_000 }
    let left = nextCheck - .now
    guard left > .zero else { return 0 }
    return Int32(min(left.wholeMilliseconds, 60_000)) + 1
  }
}
