import Crypto
import Foundation
import NIOCore
import Testing
import Wire

@testable import kaictl

@Suite final class ArtifactDownloadTests {
  private let folder: String
  private var path: String { folder + "/deep/report.md" }

  init() throws { folder = try LocalFile.makeTemporaryFolder() }
  deinit { try? FileManager.default.removeItem(atPath: folder) }

  /// Downloads "hello world", which the server sends in two chunks, announcing `artifact`.
  private func download(size: UInt64 = 11, content: String = "hello world", overwrite: Bool = false) async throws -> Artifact {
    let server = try await ScriptedServer { request, connection in
      let artifact: Artifact = .with {
        $0.path = "report.md"
        $0.size = size
        $0.sha256 = Array(SHA256.hash(data: Array(content.utf8)))
      }
      connection.send([
        .item(request.streamID, artifact, attachment: ByteBuffer(string: "hello ")),
        .item(request.streamID, Artifact(), attachment: ByteBuffer(string: "world")), .response(request.streamID, Empty()),
      ])
    }
    let link = try await server.link(keyFolder: folder)
    var reference = ArtifactRef()
    reference.path = "report.md"
    let result: Result<Artifact, any Error>
    do {
      result = .success(
        try await ArtifactDownload(reference: reference, server: link, keys: nil).write(
          toFile: path, overwrite: overwrite))
    } catch { result = .failure(error) }
    await link.close()
    await server.stop()
    return try result.get()
  }

  @Test func theFileIsWhatTheAgentWrote() async throws {
    #expect(try await download().size == 11)
    #expect(try LocalFile.readText(path) == "hello world")
  }

  @Test(arguments: [(11, "hello wORLD"), (12, "hello world")] as [(UInt64, String)])
  func whatDoesNotMatchIsRefusedAndLeavesNothing(size: UInt64, content: String) async throws {
    let error = await #expect(throws: WireError.self) { try await download(size: size, content: content) }
    #expect(error?.errorCode == .corrupt)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder + "/deep") == [])
  }

  @Test func anExistingFileIsOverwrittenOnlyOnDemand() async throws {
    _ = try await download()
    let error = await #expect(throws: WireError.self) { try await download() }
    #expect(error?.errorCode == .alreadyExists)
    _ = try await download(overwrite: true)
  }
}
