import Logging
import NIOPosix
import Synchronization
import Wire

/// The listener for TLS beside the one for plain text, whose certificates are renewed while it serves.
final class SecureListener: Sendable {
  struct Settings: Sendable, Equatable {
    let host: String
    let port: Int
    let files: ServerTLS.Files
  }

  /// Between two looks at the files.
  private static let interval = Duration.seconds(2)
  /// From this much on before its end, the certificate is warned about once a day.
  private static let warningSeconds: Int64 = 14 * 86_400

  private let server: WireServer
  private let watch: Task<Void, Never>

  var address: String { server.address }

  private init(_ server: WireServer, _ watch: Task<Void, Never>) { (self.server, self.watch) = (server, watch) }

  /// - Parameter plain: of the listener for plain text.
  /// - Returns: nil without settings.
  /// - Throws: `tls_failed` or `unavailable`.
  static func start(
    _ settings: Settings?, _ plain: ServerConfiguration, _ service: SessionService, _ logger: Logger
  ) async throws(WireError) -> SecureListener? {
    guard let settings else { return nil }
    let tls = try ServerTLS(settings.files)
    MachineFigures.certificateEnd.store(tls.expiresAt, ordering: .relaxed)
    var configuration = plain
    (configuration.host, configuration.port, configuration.tls) = (settings.host, settings.port, tls)
    let server = try await WireServer.start(
      configuration, keys: service.keys, service: service.handler, group: MultiThreadedEventLoopGroup.singleton)
    logger.info("serving with TLS", metadata: ["address": "\(server.address)"])
    let watch = Task { await Self.watch(tls, server, logger) }
    return SecureListener(server, watch)
  }

  private static func watch(_ tls: ServerTLS, _ server: WireServer, _ logger: Logger) async {
    var warnedAt = ContinuousClock.now - .seconds(2 * 86_400)
    while true {
      if ContinuousClock.now - warnedAt > .seconds(86_400) {
        let left = tls.expiresAt - Surroundings.system.now().microseconds / 1_000_000
        if left < warningSeconds {
          logger.warning("the certificate ends soon, or has ended", metadata: ["days": "\(left / 86_400)"])
          warnedAt = .now
        }
      }
      do { try await Task.sleep(for: interval) } catch { return }
      do throws(WireError) {
        if try tls.reload() {
          logger.notice("certificates were read again")
          MachineFigures.certificateEnd.store(tls.expiresAt, ordering: .relaxed)
          server.certificatesChanged()
        }
      } catch {
        logger.error("changed certificates cannot be used; those before still hold", metadata: ["error": "\(error)"])
      }
    }
  }

  func stop(grace: Duration) async {
    watch.cancel()
    await server.stop(grace: grace)
  }
}
