import Certificates
import Foundation
import NIOCore
import NIOPosix
import NIOSSL
import Synchronization
import Testing

@testable import Wire

@Suite struct TLSTests {
  /// A server whose certificate is `server`, by the authority `ca`.
  private func withServer(
    clientCA: String? = nil, revoked: String? = nil,
    _ body: (TestServer, ServerTLS, TestCertificates) async throws -> Void
  ) async throws {
    let certificates = try TestCertificates()
    defer { certificates.remove() }
    try certificates.makeAuthority("ca")
    try certificates.makeAuthority("other")
    try certificates.make("server", by: "ca")
    if let revoked { try "# none yet\n".write(toFile: certificates.path(revoked), atomically: true, encoding: .utf8) }
    let tls = try ServerTLS(
      ServerTLS.Files(
        certificate: certificates.path("server.pem"), key: certificates.path("server.key"),
        clientCA: clientCA.map(certificates.path), revoked: revoked.map(certificates.path)))
    let server = try await TestServer { $0.tls = tls }
    try await body(server, tls, certificates)
    await server.server.stop(grace: .zero)
  }

  private func tls(_ ca: String?, _ fill: (inout ClientTLS) -> Void = { _ in }) -> ClientTLS {
    var tls = ClientTLS()
    tls.caFile = ca
    fill(&tls)
    return tls
  }

  /// How connecting with these settings ends; nil for well.
  private func outcome(_ server: TestServer, _ tls: ClientTLS?, port: Int? = nil) async -> WireError? {
    let client = TestServer.client(port: port ?? server.server.port) { configuration in
      configuration.tls = tls
      configuration.waitsForServer = false
    }
    defer { Task { await client.close() } }
    do throws(WireError) {
      try await client.connect()
      _ = try await client.call(Methods.sessionGet, SessionRef(id: "x"), timeout: .seconds(5))
      return nil
    } catch { return error }
  }

  @Test func aServerThatIsTrustedIsSpokenTo() async throws {
    try await withServer { server, _, certificates in
      #expect(await outcome(server, tls(certificates.path("ca.pem"))) == nil)
      #expect(await outcome(server, tls(certificates.path("ca.pem")) { $0.serverName = "localhost" }) == nil)
    }
  }

  @Test func anAuthorityThatIsNotTrustedIsNoAuthority() async throws {
    try await withServer { server, _, certificates in
      let unknown = await outcome(server, tls(certificates.path("other.pem")))
      #expect(unknown?.errorCode == .tlsFailed && unknown?.message.contains("not one that is trusted") == true)
      #expect(await outcome(server, tls(nil))?.errorCode == .tlsFailed, "the system trusts nobody of ours")
      #expect(await outcome(server, tls(certificates.path("nothing.pem")))?.message.contains("nothing.pem") == true)
      #expect(server.service.seen.withLock { $0.connected } == 0)
    }
  }

  @Test func aCertificateForAnotherNameOrOfThePastIsRefused() async throws {
    try await withServer { server, tls, certificates in
      // An address in the certificate is as good as the name; so this one has none.
      try certificates.make("server", by: "ca", for: "DNS:localhost")
      #expect(try tls.reload())
      #expect(await outcome(server, self.tls(certificates.path("ca.pem")) { $0.serverName = "localhost" }) == nil)
      #expect(await outcome(server, self.tls(certificates.path("ca.pem")))?.errorCode == .tlsFailed, "127.0.0.1 is not in it")
      let name = await outcome(server, self.tls(certificates.path("ca.pem")) { $0.serverName = "kai.example" })
      #expect(name?.errorCode == .tlsFailed, "\(name as Any)")
      try certificates.make("server", by: "ca", days: -1)
      #expect(try tls.reload())
      let expired = await outcome(server, self.tls(certificates.path("ca.pem")))
      #expect(expired?.errorCode == .tlsFailed, "\(expired as Any)")
    }
  }

  @Test func aPinIsForOneCertificateAlone() async throws {
    try await withServer { server, tls, certificates in
      let pin = try ClientTLS.pin(parsing: try certificates.fingerprint("server"))
      #expect(await outcome(server, self.tls(nil) { $0.pin = pin }) == nil)
      #expect(await outcome(server, self.tls(certificates.path("ca.pem")) { $0.pin = pin }) == nil)
      #expect(await outcome(server, self.tls(certificates.path("other.pem")) { $0.pin = pin })?.errorCode == .tlsFailed)
      // A connection that stands outlives the change; a new one sees the new certificate.
      let standing = server.client { $0.tls = self.tls(nil) { $0.pin = pin } }
      _ = try await standing.call(Methods.sessionGet, SessionRef(id: "x"))
      try certificates.make("server", by: "ca")
      #expect(try tls.reload())
      #expect(try !tls.reload(), "once is enough")
      let changed = await outcome(server, self.tls(certificates.path("ca.pem")) { $0.pin = pin })
      #expect(changed?.errorCode == .tlsFailed && changed?.message.contains("pinned") == true)
      #expect(await outcome(server, self.tls(certificates.path("ca.pem"))) == nil)
      #expect(try await standing.call(Methods.sessionGet, SessionRef(id: "y")).message.id == "y")
      await standing.close()
    }
  }

  @Test func filesThatCannotBeUsedChangeNothing() async throws {
    try await withServer { server, tls, certificates in
      try "no certificate".write(toFile: certificates.path("server.pem"), atomically: true, encoding: .utf8)
      #expect(throws: WireError.self) { try tls.reload() }
      #expect(await outcome(server, self.tls(certificates.path("ca.pem"))) == nil)
      try certificates.make("stranger", by: "ca")
      try FileManager.default.removeItem(atPath: certificates.path("server.pem"))
      try FileManager.default.copyItem(atPath: certificates.path("stranger.pem"), toPath: certificates.path("server.pem"))
      let error = #expect(throws: WireError.self) { try tls.reload() }
      #expect(error?.message.contains("do not go together") == true)
    }
  }

  @Test func clientsNeedACertificateWhereTheServerAsksForOne() async throws {
    try await withServer(clientCA: "ca.pem", revoked: "revoked.txt") { server, tls, certificates in
      func client(_ name: String?) -> ClientTLS {
        self.tls(certificates.path("ca.pem")) { tls in
          if let name { tls.certificate = (certificates.path(name + ".pem"), certificates.path(name + ".key")) }
        }
      }
      try certificates.make("ana", by: "ca")
      try certificates.make("stranger", by: "other")
      try certificates.make("late", by: "ca", days: -1)
      #expect(await outcome(server, client("ana")) == nil)
      for name in [nil, "stranger", "late"] {
        let error = await outcome(server, client(name))
        #expect([.tlsFailed, .connectionLost].contains(error?.errorCode), "\(name ?? "none"): \(error as Any)")
      }
      // Revoked while it is connected, and from then on.
      let standing = server.client { $0.tls = client("ana") }
      _ = try await standing.call(Methods.sessionGet, SessionRef(id: "x"))
      try "\(try certificates.fingerprint("ana")) # lost laptop\n".write(
        toFile: certificates.path("revoked.txt"), atomically: true, encoding: .utf8)
      #expect(try tls.reload())
      server.server.certificatesChanged()
      await #expect(throws: WireError.self) {
        for number in 0..<50 {
          _ = try await standing.call(Methods.sessionGet, SessionRef(id: "\(number)"), timeout: .seconds(2))
          try await Task.sleep(for: .milliseconds(20))
        }
      }
      let revoked = await outcome(server, client("ana"))
      #expect(revoked?.errorCode == .unauthenticated && revoked?.message.contains("revoked") == true)
      await standing.close()
    }
  }

  @Test func olderVersionsOfTLSAndPlainTextAreRefused() async throws {
    try await withServer { server, _, certificates in
      for version in ["-tls1_1", "-tls1_2"] {
        let text = try certificates.openssl(
          "s_client", version, "-connect", "127.0.0.1:\(server.server.port)", expectsSuccess: false)
        #expect(text.contains("alert protocol version") || text.contains("no protocols available"), "\(text.prefix(300))")
      }
      let modern = try certificates.openssl(
        "s_client", "-tls1_3", "-connect", "127.0.0.1:\(server.server.port)", expectsSuccess: false)
      #expect(modern.contains("TLSv1.3"))
      #expect(await outcome(server, nil) != nil, "plain text to the port for TLS")
      let plain = try await TestServer()
      let error = await outcome(plain, tls(certificates.path("ca.pem")))
      #expect(error?.errorCode == .tlsFailed || error?.errorCode == .connectionLost, "\(error as Any)")
      #expect(await outcome(plain, nil) == nil)
      await plain.server.stop(grace: .zero)
    }
  }

  /// Somebody in the middle who has a certificate that the client trusts still cannot pass the handshake on: both sides prove
  /// themselves for the certificate that they see.
  @Test func whoStandsBetweenWithAGoodCertificateIsFoundOut() async throws {
    try await withServer { server, _, certificates in
      try certificates.make("middle", by: "ca")
      let relay = try await TLSRelay.start(
        certificate: certificates.path("middle.pem"), key: certificates.path("middle.key"), to: server.server.port)
      let error = await outcome(server, tls(certificates.path("ca.pem")), port: relay.port)
      #expect(error?.errorCode == .unauthenticated, "\(error as Any)")
      await relay.stop()
    }
  }

  @Test(arguments: ["", "ab", String(repeating: "g", count: 64), String(repeating: "a", count: 63)])
  func aPinIsAHash(_ text: String) { #expect(throws: WireError.self) { try ClientTLS.pin(parsing: text) } }

  @Test func wishesBelongTogether() throws {
    #expect(try ClientTLS.Wishes().tls() == nil)
    var wishes = ClientTLS.Wishes()
    wishes.certificate = "a"
    #expect(throws: WireError.self) { try wishes.tls() }
    wishes.key = "b"
    #expect(try wishes.tls()?.certificate?.key == "b")
  }
}

/// Takes TLS off on one side and puts it on again on the other.
private struct TLSRelay {
  let channel: any Channel
  var port: Int { channel.localAddress?.port ?? 0 }

  static func start(certificate: String, key: String, to port: Int) async throws -> TLSRelay {
    let server = try NIOSSLContext(
      configuration: .makeServerConfiguration(
        certificateChain: try NIOSSLCertificate.fromPEMFile(certificate).map { .certificate($0) },
        privateKey: .privateKey(try NIOSSLPrivateKey(file: key, format: .pem))))
    var configuration = TLSConfiguration.makeClientConfiguration()
    configuration.certificateVerification = .none
    let client = try NIOSSLContext(configuration: configuration)
    let channel = try await ServerBootstrap(group: TestServer.group)
      .childChannelOption(.autoRead, value: false)
      .childChannelInitializer { near in
        ClientBootstrap(group: near.eventLoop)
          .channelInitializer { far in
            far.eventLoop.makeCompletedFuture {
              try far.pipeline.syncOperations.addHandlers(
                try NIOSSLClientHandler(context: client, serverHostname: nil), PassOn(to: near))
            }
          }
          .connect(host: "127.0.0.1", port: port)
          .flatMapThrowing { far in
            try near.pipeline.syncOperations.addHandlers(NIOSSLServerHandler(context: server), PassOn(to: far))
            near.setOption(.autoRead, value: true).whenComplete { _ in }
          }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    return TLSRelay(channel: channel)
  }

  func stop() async { try? await channel.close().get() }
}

private final class PassOn: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  private let other: any Channel

  init(to other: any Channel) { self.other = other }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) { other.writeAndFlush(unwrapInboundIn(data), promise: nil) }
  func channelInactive(context: ChannelHandlerContext) { other.close(promise: nil) }
  func errorCaught(context: ChannelHandlerContext, error: any Error) { other.close(promise: nil) }
}
