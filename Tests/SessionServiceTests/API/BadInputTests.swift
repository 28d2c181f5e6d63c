import Testing
import Wire

@testable import SessionService

/// Bad input, the error it gets, and that the next request works as if nothing had happened.
@Suite struct BadInputTests {
  /// Sends something bad; the text is the id of a session that exists.
  private typealias Sending = @Sendable (WireClient, String) async throws -> Void

  private struct Case: Sendable {
    let name: String
    let expected: ErrorCode
    let send: Sending
  }

  private static func create(_ fill: @escaping @Sendable (inout SessionCreateRequest) -> Void) -> Sending {
    { client, _ in
      var request = SessionCreateRequest()
      request.dbConnectionId = "flights"
      fill(&request)
      _ = try await client.call(Methods.sessionCreate, request)
    }
  }

  private static func update(_ fill: @escaping @Sendable (inout SessionUpdateRequest) -> Void) -> Sending {
    { client, id in
      var request = SessionUpdateRequest()
      request.id = id
      fill(&request)
      _ = try await client.call(Methods.sessionUpdate, request)
    }
  }

  private static func remember(_ fill: @escaping @Sendable (inout MemoryRememberRequest) -> Void) -> Sending {
    { client, _ in
      var request = MemoryRememberRequest()
      request.dbConnectionId = "flights"
      request.namespace = "a"
      request.key = "b"
      fill(&request)
      _ = try await client.call(Methods.memoryRemember, request)
    }
  }

  private static let cases: [Case] = [
    Case(name: "recursion limit 0", expected: .invalidArgument, send: create { $0.recursionLimit = 0 }),
    Case(name: "recursion limit 501", expected: .invalidArgument, send: create { $0.recursionLimit = 501 }),
    Case(
      name: "a title of 1 MiB", expected: .invalidArgument,
      send: create { $0.title = String(repeating: "t", count: 1_048_576) }),
    Case(name: "metadata that is no JSON", expected: .invalidJson, send: create { $0.metadata = "{" }),
    Case(name: "metadata that is no object", expected: .invalidJson, send: create { $0.metadata = "[1]" }),
    Case(name: "metadata with a key twice", expected: .invalidJson, send: create { $0.metadata = "{\"a\":1,\"a\":2}" }),
    Case(
      name: "metadata of 65 KiB", expected: .limitExceeded,
      send: create { $0.metadata = "{\"a\":\"" + String(repeating: "x", count: 66_000) + "\"}" }),
    Case(name: "an unknown connection", expected: .notFound, send: create { $0.dbConnectionId = "trains" }),
    Case(name: "no connection", expected: .invalidArgument, send: create { $0.dbConnectionId = "" }),
    Case(name: "an id of another kind", expected: .invalidArgument, send: update { $0.id = "task_0123456789ab" }),
    Case(name: "an id that is SQL", expected: .invalidArgument, send: update { $0.id = "' OR 1=1 --" }),
    Case(name: "an unknown session", expected: .notFound, send: update { $0.id = "sess_000000000000" }),
    Case(name: "a patch that is no object", expected: .invalidJson, send: update { $0.metadataPatch = "null" }),
    Case(name: "an update to limit 0", expected: .invalidArgument, send: update { $0.recursionLimit = 0 }),
    Case(name: "an old version", expected: .staleVersion, send: update { $0.ifVersion = 99 }),
    Case(
      name: "a limit of 1001", expected: .invalidArgument,
      send: { client, _ in
        _ = try await client.call(Methods.sessionList, SessionListRequest.with { $0.page = Page(limit: 1_001) })
      }),
    Case(
      name: "a made-up cursor", expected: .invalidArgument,
      send: { client, _ in
        _ = try await client.call(Methods.sessionList, SessionListRequest.with { $0.page = Page(limit: 1, cursor: "zz") })
      }),
    Case(name: "importance 1.5", expected: .invalidArgument, send: remember { $0.importance = 1.5 }),
    Case(name: "importance NaN", expected: .invalidArgument, send: remember { $0.importance = .nan }),
    Case(name: "a scope of nothing", expected: .invalidArgument, send: remember { $0.scope = "everybody" }),
    Case(name: "an empty key", expected: .invalidArgument, send: remember { $0.key = "" }),
    Case(name: "a namespace with a hole", expected: .invalidArgument, send: remember { $0.namespace = "a//b" }),
    Case(name: "a value that is no object", expected: .invalidJson, send: remember { $0.value = "7" }),
    Case(name: "an endless expiry", expected: .invalidArgument, send: remember { $0.expiresInMs = .max }),
    Case(
      name: "content of 65 KiB", expected: .limitExceeded,
      send: remember { $0.content = String(repeating: "c", count: 66_000) }),
    Case(
      name: "a database file of no kind", expected: .invalidArgument,
      send: { client, _ in
        _ = try await client.call(
          Methods.connectionCreate,
          ConnectionCreateRequest.with { request in
            request.id = "x"
            request.uri = "/data/a.db"
          })
      }),
    Case(
      name: "a key without a role", expected: .invalidArgument,
      send: { client, _ in _ = try await client.call(Methods.keyCreate, KeyCreateRequest()) }),
  ]

  @Test func eachGetsItsErrorAndTheServiceGoesOn() async throws {
    try await withService { test in
      try await test.makeConnection()
      let id = try await test.makeSession().id
      for bad in Self.cases {
        let found = await code { try await bad.send(test.admin, id) }
        #expect(found == bad.expected, "\(bad.name): \(found?.name ?? "no error")")
        #expect(try await test.admin.call(Methods.sessionGet, SessionRef(id: id)).message.version == 1)
      }
      #expect(try await test.admin.call(Methods.sessionList, SessionListRequest()).message.total == 1)
    }
  }
}
