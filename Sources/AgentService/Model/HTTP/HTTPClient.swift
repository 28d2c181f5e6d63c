/// Makes HTTP calls; all of a client's calls share one thread, however many are in flight.
///
/// Redirects are not followed: the calls carry a key, and a key goes only where the operator sent it.
final class HTTPClient: Sendable {
  private let driver: CurlDriver

  init() { driver = CurlDriver() }

  deinit { driver.stop() }

  /// Sends a request and waits for the answer's head. Cancelling the task closes the connection.
  func send(_ request: HTTPRequest) async throws(HTTPFailure) -> HTTPResponse {
    let exchange = HTTPExchange()
    driver.start(request, exchange)
    let result = await withTaskCancellationHandler {
      do throws(HTTPFailure) {
        return Result<HTTPHead, HTTPFailure>.success(try await exchange.head())
      } catch {
        return .failure(error)
      }
    } onCancel: {
      driver.cancel(exchange)
    }
    return HTTPResponse(head: try result.get(), exchange: exchange, driver: driver)
  }
}

/// An answer whose body may still be arriving. Letting go of it before the end closes the connection.
final class HTTPResponse: Sendable {
  let head: HTTPHead
  private let exchange: HTTPExchange
  private let driver: CurlDriver

  init(head: HTTPHead, exchange: HTTPExchange, driver: CurlDriver) {
    self.head = head
    self.exchange = exchange
    self.driver = driver
  }

  deinit { driver.cancel(exchange) }

  /// The next piece of the body, as it came, or nil at its end. One task reads a body.
  func next() async throws(HTTPFailure) -> [UInt8]? {
    let result = await withTaskCancellationHandler {
      do throws(HTTPFailure) {
        return Result<[UInt8]?, HTTPFailure>.success(try await exchange.next())
      } catch {
        return .failure(error)
      }
    } onCancel: {
      driver.cancel(exchange)
    }
    return try result.get()
  }

  /// The rest of the body in one piece.
  func body() async throws(HTTPFailure) -> [UInt8] {
    var whole: [UInt8] = []
    while let bytes = try await next() { whole += bytes }
    return whole
  }
}
