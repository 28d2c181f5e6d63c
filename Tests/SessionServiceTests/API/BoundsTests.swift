import Logging
import NIOPosix
import Testing
import Wire

@testable import SessionService

@Suite struct BoundsTests {
  /// Runs a test against a service whose queue holds three tasks and whose server takes four connections.
  private func withSmallService(_ body: (SessionService, WireServer) async throws -> Void) async throws {
    let folder = try TemporaryFolder()
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    let service = try await SessionService(dataFolder: folder.path + "/data", maxQueued: 3, logger: logger)
    var configuration = ServerConfiguration(port: 0, serverId: service.identity.serverId, logger: logger)
    configuration.connections = 4
    let server = try await WireServer.start(
      configuration, keys: service.keys, service: service.handler, group: MultiThreadedEventLoopGroup.singleton)
    try await body(service, server)
    await server.stop(grace: .seconds(1))
    service.close()
  }

  private func client(_ service: SessionService, _ server: WireServer) async throws -> WireClient {
    let keys = try await service.store.read { (transaction) throws(WireError) in try KeyRepository.all(in: transaction) }
    let admin = try #require(keys.first { $0.role == .admin })
    var configuration = ClientConfiguration(
      host: server.host, port: server.port, keyId: admin.id, secret: service.keys.secret(admin.id), name: "test", version: "0",
      group: MultiThreadedEventLoopGroup.singleton)
    configuration.waitsForServer = false
    return WireClient(configuration)
  }

  @Test func oneKeysTasksFillHalfOfTheQueue() async throws {
    try await withService { test in
      try await test.makeConnection()
      let session = try await test.makeSession().id
      let share = Limits.queuedTasks / 2
      let (one, other) = (try await test.makeKey(.user), try await test.makeKey(.user))
      // Most of the share is there already, from an earlier run of the service.
      test.service.tasks.decide { (dispatcher, now) in
        for number in 0..<(share - 1) {
          let task = QueuedTask(
            taskId: "t\(number)", sessionId: "s", priority: 0, number: Int64(number), notBefore: Timestamp(),
            connectionId: "flights", selector: NodeSelector([]), keyId: one.id)
          _ = dispatcher.enqueue(task, sessionIsOpen: true, now: now)
        }
        return []
      }
      func submit(_ key: KeyInfo) async -> ErrorCode? {
        let client = test.client(key)
        do {
          let request = TaskSubmitRequest.with { ($0.sessionId, $0.prompt) = (session, "x") }
          _ = try await client.call(Methods.taskSubmit, request, timeout: .seconds(1))
          await client.close()
          return nil
        } catch {
          await client.close()
          return error.errorCode
        }
      }
      #expect(await submit(one) == nil)
      #expect(await submit(one) == .overloaded)
      #expect(await submit(other) == nil)
      _ = try await test.admin.call(Methods.taskSubmit, .with { ($0.sessionId, $0.prompt) = (session, "x") })
    }
  }

  @Test func aFullQueueSaysWhenToTryAgain() async throws {
    try await withSmallService { service, server in
      let client = try await client(service, server)
      _ = try await client.call(
        Methods.connectionCreate, .with { ($0.id, $0.uri) = ("flights", "sqlite:///tmp/flights.db") })
      let session = try await client.call(Methods.sessionCreate, .with { $0.dbConnectionId = "flights" }).message
      func submit() async throws -> TaskRecord {
        try await client.call(
          Methods.taskSubmit, .with { ($0.sessionId, $0.prompt) = (session.id, "x") }, timeout: .milliseconds(1_500)
        ).message
      }
      var tasks: [TaskRecord] = []
      for _ in 0..<3 { tasks.append(try await submit()) }
      // The client tries again as it is told, until its own time is over.
      let error = await #expect(throws: WireError.self) { _ = try await submit() }
      #expect(error?.errorCode == .overloaded, "\(error as Any)")
      // Nor by way of a retry.
      let ended = try await client.call(Methods.taskCancel, .with { $0.id = tasks[2].id }).message
      tasks[2] = try await submit()
      let retried = await code {
        _ = try await client.call(Methods.taskRetry, .with { $0.id = ended.id }, timeout: .milliseconds(500))
      }
      #expect(retried == .overloaded)
      // Room is made while it waits.
      let waiting = Task { try await submit() }
      try await Task.sleep(for: .milliseconds(200))
      _ = try await client.call(Methods.taskCancel, .with { $0.id = tasks[0].id })
      #expect(try await waiting.value.status == .queued)
      await client.close()
    }
  }

  @Test func aServerThatIsFullSaysSo() async throws {
    try await withSmallService { service, server in
      var clients: [WireClient] = []
      for _ in 0..<5 {
        let client = try await client(service, server)
        clients.append(client)
        if clients.count < 5 { try await client.connect() }
      }
      let error = await #expect(throws: WireError.self) { try await clients[4].connect() }
      #expect(error?.errorCode == .overloaded && error?.retryAfterMs == 1_000)
      await clients[0].close()
      var connected = false
      for _ in 0..<50 where !connected {
        try await Task.sleep(for: .milliseconds(50))
        connected = await code { try await clients[4].connect() } == nil
      }
      #expect(connected)
      for client in clients { await client.close() }
    }
  }

  @Test func aKeyIsHeldToItsRate() async throws {
    try await withSmallService { service, server in
      let admin = try await client(service, server)
      let request = KeyCreateRequest.with { ($0.role, $0.requestsPerSecond) = (.user, 20) }
      let key = try await admin.call(Methods.keyCreate, request).message
      #expect(try await admin.call(Methods.keyList, Empty()).message.keys.first { $0.id == key.id }?.requestsPerSecond == 20)
      var configuration = ClientConfiguration(
        host: server.host, port: server.port, keyId: key.id, secret: service.keys.secret(key.id), name: "test", version: "0",
        group: MultiThreadedEventLoopGroup.singleton)
      configuration.waitsForServer = false
      // Two connections share it. A client waits as it is told: what is beyond the second's worth takes its time.
      let clients = [WireClient(configuration), WireClient(configuration)]
      let start = ContinuousClock.now
      try await withThrowingTaskGroup(of: Void.self) { group in
        for number in 0..<40 {
          group.addTask { _ = try await clients[number % 2].call(Methods.sessionList, SessionListRequest()) }
        }
        try await group.waitForAll()
      }
      #expect(ContinuousClock.now - start > .milliseconds(700))
      // Who does not wait is told when to come again.
      let error = await #expect(throws: WireError.self) {
        for _ in 0..<60 { _ = try await clients[0].call(Methods.sessionList, SessionListRequest(), timeout: .milliseconds(30)) }
      }
      #expect(error?.errorCode == .overloaded || error?.errorCode == .deadlineExceeded)
      // Nobody else is touched, and nodes cannot be held to one.
      for _ in 0..<60 { _ = try await admin.call(Methods.sessionList, SessionListRequest()) }
      await expectError(.invalidArgument) {
        _ = try await admin.call(Methods.keyCreate, .with { ($0.role, $0.requestsPerSecond) = (.agent, 5) })
      }
      for client in clients { await client.close() }
      await admin.close()
    }
  }
}
