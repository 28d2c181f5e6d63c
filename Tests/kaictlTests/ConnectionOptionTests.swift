import ArgumentParser
import Foundation
import Testing
import Wire

@testable import kaictl

/// Which connection a command is about when nobody says so.
@Suite final class ConnectionOptionTests {
  private let folder: String

  init() throws { folder = try LocalFile.makeTemporaryFolder() }
  deinit { try? FileManager.default.removeItem(atPath: folder) }

  /// There are two connections; every session is on the second.
  private func resolved(_ words: [String], scope: String?) async throws -> (alias: String?, asked: [Method]) {
    let server = try await ScriptedServer { request, connection in
      if request.method == .sessionGet {
        connection.send([.response(request.streamID, Session.with { $0.dbConnectionId = "b" })])
      } else {
        let list = ConnectionList.with {
          $0.connections = ["a", "b"].map { id in .with { $0.id = id } }
          $0.total = 2
        }
        connection.send([.response(request.streamID, list)])
      }
    }
    let link = try await server.link(keyFolder: folder)
    let command = try #require(try Kaictl.parseAsRoot(["memory", "recall"] + words) as? MemoryCommand.Recall)
    let alias = try? await command.connection.resolved(by: link, scope: scope)
    await link.close()
    await server.stop()
    return (alias, server.methods)
  }

  @Test(arguments: ["sess_0123456789ab", "sess_0123456789ab+shared"]) func aSessionHasItsOwn(_ scope: String) async throws {
    let found = try await resolved([], scope: scope)
    #expect(found.alias == "b" && found.asked == [.sessionGet])
  }

  @Test func whoeverNamesOneIsBelieved() async throws {
    let found = try await resolved(["-c", "c"], scope: "sess_0123456789ab")
    #expect(found.alias == "c" && found.asked == [])
  }

  @Test(arguments: ["shared", nil]) func elseOneOfSeveralHasToBeNamed(_ scope: String?) async throws {
    let found = try await resolved([], scope: scope)
    #expect(found.alias == nil && found.asked == [.connectionList])
  }
}
