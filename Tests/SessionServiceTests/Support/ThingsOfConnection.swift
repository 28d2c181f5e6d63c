import Testing
import Wire

@testable import SessionService

/// Something of everything on one connection; or names of what is not there.
struct ThingsOfConnection: Sendable {
  var connection: String
  var session: String
  var task: String
  static let missing = ThingsOfConnection(connection: "nowhere", session: "sess_ffffffffffff", task: "task_ffffffffffff")

  /// A text without these names, so that answers about different things can be compared.
  func unnamed(_ text: String) -> String {
    [connection, session, task].reduce(text) { text, id in
      text.split(separator: "'" + id + "'", omittingEmptySubsequences: false).joined(separator: "X")
    }
  }

  /// Makes a connection with something of everything.
  static func make(_ connection: String, in test: TestService) async throws -> ThingsOfConnection {
    try await test.makeConnection(connection)
    let session = try await test.makeSession(on: connection)
    let task = try await test.admin.call(
      Methods.taskSubmit, .with { ($0.sessionId, $0.prompt) = (session.id, "secret question") }
    ).message
    for scope in ["", session.id] {
      _ = try await test.admin.call(
        Methods.memoryRemember,
        .with {
          ($0.dbConnectionId, $0.scope, $0.namespace, $0.key) = (connection, scope, "facts", "secret")
          $0.content = "a secret of \(connection)"
        })
    }
    _ = try await test.admin.call(
      Methods.knowledgePut,
      .with { request in
        request.knowledge = .with {
          ($0.dbConnectionId, $0.kind, $0.name, $0.text) = (connection, .instruction, "secret", "text")
        }
      })
    _ = try await test.admin.call(
      Methods.blockPut,
      .with { request in request.block = .with { ($0.dbConnectionId, $0.label, $0.value) = (connection, "secret", "v") } })
    return ThingsOfConnection(connection: connection, session: session.id, task: task.id)
  }
}

extension TestService {
  /// A client with a key that is limited to connections.
  func limited(_ role: Role, to connections: [String]) async throws -> WireClient {
    let key = try await admin.call(Methods.keyCreate, .with { ($0.role, $0.connections) = (role, connections) }).message
    #expect(key.isLimited && key.connections == connections)
    return client(key)
  }
}
