import Foundation
import LoopbackHTTP
import Testing

@testable import AgentService

/// How a model's server is reached: through a proxy, and with a certificate of the operator's own.
@Suite struct HTTPRouteTests {
  private let client = HTTPClient()

  @Test func aProxyGetsTheWholeAddress() async throws {
    try await LoopbackServer.run({ try await $0.answer("200 OK", [], "from the proxy") }) { proxy in
      var request = HTTPRequest(url: "http://model.invalid:8080/v1/chat", body: HTTPBody("{}".utf8))
      request.route.proxy = proxy.url
      let response = try await client.send(request)
      #expect(try await response.body() == Array("from the proxy".utf8))
      #expect(proxy.requests.first?.head.hasPrefix("POST http://model.invalid:8080/v1/chat HTTP/1.1\r\n") == true)
    }
  }

  @Test func aProxyThatIsNotThereIsNotGoneAround() async throws {
    try await LoopbackServer.run({ try await $0.answer("200 OK", [], "direct") }) { server in
      var request = HTTPRequest(url: server.url + "/v1", body: HTTPBody("{}".utf8))
      request.route.proxy = "http://127.0.0.1:1"
      await #expect(throws: HTTPFailure.self) { _ = try await client.send(request) }
      #expect(server.requests.isEmpty)
    }
  }

  @Test func aServerIsTrustedByTheCertificatesThatAreNamedAndNoOthers() async throws {
    let server = try TLSServer()
    defer { server.stop() }
    var request = HTTPRequest(url: "https://localhost:\(server.port)/v1", body: HTTPBody("{}".utf8))
    await #expect(throws: HTTPFailure.self) { _ = try await client.send(request) }
    request.route.caFile = server.folder + "/other.pem"
    await #expect(throws: HTTPFailure.self) { _ = try await client.send(request) }
    request.route.caFile = server.folder + "/ca.pem"
    let response = try await client.send(request)
    #expect(try await response.body() == Array("sealed".utf8))
    // The right authority, but another name than the certificate's.
    request.url = "https://127.0.0.1:\(server.port)/v1"
    await #expect(throws: HTTPFailure.self) { _ = try await client.send(request) }
  }
}

/// A real HTTPS server on loopback, with certificates that openssl made.
private struct TLSServer {
  let folder: String
  let port: Int
  private let process = Process()

  private static let program = """
    import http.server, ssl, sys
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers['content-length']))
            self.send_response(200); self.send_header('content-length', '6'); self.end_headers(); self.wfile.write(b'sealed')
        def log_message(self, *arguments): pass
    server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[1] + '/server.pem', sys.argv[1] + '/server.key')
    server.socket = context.wrap_socket(server.socket, server_side=True)
    print(server.server_address[1], flush=True)
    server.serve_forever()
    """

  init() throws {
    folder = NSTemporaryDirectory() + "kai-tls-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    for name in ["ca", "other"] {
      try Self.openssl(
        "req -x509 -newkey rsa:2048 -nodes -keyout \(name).key -out \(name).pem -days 2 -subj /CN=\(name)", in: folder)
    }
    try Self.openssl("req -newkey rsa:2048 -nodes -keyout server.key -out server.csr -subj /CN=localhost", in: folder)
    try "subjectAltName=DNS:localhost".write(toFile: folder + "/names", atomically: true, encoding: .utf8)
    try Self.openssl(
      "x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out server.pem -days 2 -extfile names", in: folder)
    let output = Pipe()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["python3", "-c", Self.program, folder]
    process.standardOutput = output
    try process.run()
    let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
    port = try #require(Int(line.trimmingCharacters(in: .whitespacesAndNewlines)))
  }

  func stop() {
    kill(process.processIdentifier, SIGKILL)
    try? FileManager.default.removeItem(atPath: folder)
  }

  private static func openssl(_ arguments: String, in folder: String) throws {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["openssl"] + arguments.split(separator: " ").map(String.init)
    process.currentDirectoryURL = URL(filePath: folder)
    process.standardError = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    try #require(process.terminationStatus == 0)
  }
}
