import Foundation
import Testing
import Wire

@testable import SessionService

@Suite struct AdministrationTests {
  private let uri = "postgresql://me:hunter2@db.example:5432/sales"

  @Test func aSecretAddressIsShownToNobodyAndStoredSealed() async throws {
    try await withService { test in
      try await test.makeConnection("sales", uri: uri)
      let got = try await test.admin.call(Methods.connectionGet, ConnectionRef(id: "sales")).message
      #expect(got.uri == "postgresql://me:***@db.example:5432/sales")
      #expect(got.dialect == .postgresql)
      let list = try await test.admin.call(Methods.connectionList, ConnectionListRequest()).message
      #expect(list.connections == [got])
      #expect(list.total == 1)
      for file in ["kai.db", "kai.db-wal"] {
        let bytes = try Data(contentsOf: URL(filePath: test.service.dataFolder + "/" + file))
        #expect(bytes.range(of: Data("hunter2".utf8)) == nil)
      }
    }
  }

  @Test func theWholeAddressOpensWithItsOwnMasterKeyAlone() async throws {
    let folder = try TemporaryFolder()
    let store = try SQLiteStore.open(in: folder)
    defer { store.close() }
    let vault = SecretVault(master: [UInt8](repeating: 1, count: 32))
    let sealed = try vault.seal(uri, owner: "sales")
    try await store.write { (transaction) throws(WireError) in
      try ConnectionRepository.insert(
        DatabaseConnection.with { connection in
          connection.id = "sales"
          connection.dialect = .postgresql
        }, sealedURI: sealed, in: transaction)
    }
    let opened = try await store.read { (transaction) throws(WireError) in
      try ConnectionRepository.withURI("sales", vault: vault, in: transaction).uri
    }
    #expect(opened == uri)
    let stranger = SecretVault(master: [UInt8](repeating: 2, count: 32))
    #expect(throws: WireError.self) { try stranger.open(sealed, owner: "sales") }
    #expect(throws: WireError.self) { try vault.open(sealed, owner: "other") }
    #expect(throws: WireError.self) { try vault.open([1, 2, 3], owner: "sales") }
  }

  @Test func aConnectionInUseStays() async throws {
    try await withService { test in
      try await test.makeConnection()
      await expectError(.alreadyExists) { try await test.makeConnection() }
      let id = try await test.makeSession().id
      await expectError(.failedPrecondition) {
        _ = try await test.admin.call(Methods.connectionDelete, ConnectionRef(id: "flights"))
      }
      _ = try await test.admin.call(Methods.sessionDelete, SessionRef(id: id))
      _ = try await test.admin.call(Methods.connectionDelete, ConnectionRef(id: "flights"))
      await expectError(.notFound) { _ = try await test.admin.call(Methods.connectionGet, ConnectionRef(id: "flights")) }
    }
  }

  @Test func anUpdatedConnectionKeepsWhatIsNotNamed() async throws {
    try await withService { test in
      try await test.makeConnection("sales", uri: uri)
      let updated = try await test.admin.call(
        Methods.connectionUpdate,
        ConnectionUpdateRequest.with { update in
          update.id = "sales"
          update.ifVersion = 1
          update.description = "The shop"
        }
      ).message
      #expect(updated.uri == "postgresql://me:***@db.example:5432/sales")
      #expect(updated.description == "The shop")
      #expect(updated.version == 2)
    }
  }

  @Test func aRevokedKeyIsOutAtOnce() async throws {
    try await withService { test in
      let key = try await test.admin.call(Methods.keyCreate, KeyCreateRequest.with { $0.role = .viewer }).message
      let viewer = test.client(key)
      #expect(try await viewer.call(Methods.serverInfo, Empty()).message.version == Release.version)
      await expectError(.forbidden) { _ = try await viewer.call(Methods.keyList, Empty()) }
      let revoked = try await test.admin.call(Methods.keyRevoke, KeyRef(id: key.id)).message
      #expect(revoked.revokedAt.microseconds > 0)
      await expectError(.unauthenticated) { _ = try await viewer.call(Methods.serverInfo, Empty(), timeout: .seconds(5)) }
      await viewer.close()
    }
  }

  @Test func theLastAdminCannotLockEverybodyOut() async throws {
    try await withService { test in
      let keys = try await test.admin.call(Methods.keyList, Empty()).message.keys
      #expect(keys.count == 1)
      #expect(keys[0].secret == "")
      await expectError(.failedPrecondition) { _ = try await test.admin.call(Methods.keyRevoke, KeyRef(id: keys[0].id)) }
    }
  }

  @Test func aSoundStoreIsFoundSoundAndAHoleIsFound() async throws {
    try await withService { test in
      try await test.makeConnection()
      let id = try await test.makeSession().id
      try await test.appendSteps(3, to: id)
      #expect(try await test.admin.call(Methods.serverCheck, Empty()).message.ok)
      try await test.service.store.write { (transaction) throws(WireError) in
        try transaction.execute("DELETE FROM checkpoints WHERE step = 3")
      }
      let check = try await test.admin.call(Methods.serverCheck, Empty()).message
      #expect(!check.ok)
      #expect(check.findings.first { $0.name == "heads of chains" }?.detail.contains(id) == true)
    }
  }

  @Test func statsCount() async throws {
    try await withService { test in
      try await test.makeConnection()
      _ = try await test.makeSession()
      let stats = try await test.admin.call(Methods.serverStats, Empty()).message.stats
      #expect(stats.first { $0.name == "sessions_active" }?.value == 1)
      #expect(stats.first { $0.name == "connections_open" }?.value == 1)
      #expect((stats.first { $0.name == "store_commits" }?.value ?? 0) >= 2)
    }
  }

  @Test func theFirstStartMakesAKeyFileAndTheNextKeepsIt() async throws {
    let folder = try TemporaryFolder()
    var test = try await TestService.start(folder)
    let path = folder.path + "/data/admin.key"
    let first = try String(contentsOfFile: path, encoding: .utf8)
    let file = try KeyFile(parsing: first)
    #expect(test.service.keys.key(file.keyId)?.secret == file.secret)
    #expect(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int == 0o600)
    let serverId = test.service.identity.serverId
    await test.stop()
    test = try await TestService.start(folder)
    #expect(try String(contentsOfFile: path, encoding: .utf8) == first)
    #expect(test.service.identity.serverId == serverId)
    await test.stop()
  }
}

@Suite struct AgentKeyFileTests {
  @Test func aKeyForNodesIsThereAndMadeOnce() async throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/agent.key"
    try await withService { test in
      try await test.service.provideAgentKey(at: path)
      let first = try KeyFile(parsing: String(contentsOfFile: path, encoding: .utf8))
      #expect(test.service.keys.key(first.keyId)?.role == .agent)
      try await test.service.provideAgentKey(at: path)
      #expect(try KeyFile(parsing: String(contentsOfFile: path, encoding: .utf8)) == first)
      // One that is not valid any more, or never was, is replaced.
      _ = try await test.admin.call(Methods.keyRevoke, KeyRef(id: first.keyId))
      try await test.service.provideAgentKey(at: path)
      let second = try KeyFile(parsing: String(contentsOfFile: path, encoding: .utf8))
      #expect(second.keyId != first.keyId)
      try "nonsense".write(toFile: path, atomically: true, encoding: .utf8)
      try await test.service.provideAgentKey(at: path)
      #expect(try KeyFile(parsing: String(contentsOfFile: path, encoding: .utf8)) != second)
    }
  }
}
