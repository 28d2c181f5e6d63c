import Foundation
import Logging
import Testing
import Wire

@testable import SessionService

@Suite struct MasterKeyTests {
  private let uri = "postgresql://me:hunter2@db.example:5432/sales"

  /// A data folder with a connection and a user's key, and no service on it.
  private func prepare(_ folder: TemporaryFolder) async throws -> (serverId: String, user: KeyFile) {
    let test = try await TestService.start(folder)
    try await test.makeConnection("sales", uri: uri)
    let key = try await test.makeKey(.user)
    let file = KeyFile(keyId: key.id, secret: test.service.keys.secret(key.id))
    let id = test.service.identity.serverId
    await test.stop()
    return (id, file)
  }

  /// Starts the service on the folder and looks whether everything is as it was.
  private func check(_ folder: TemporaryFolder, _ serverId: String, _ user: KeyFile) async throws {
    let test = try await TestService.start(folder, TestSurroundings(seed: .random(in: 2 ... .max)))
    #expect(test.service.identity.serverId == serverId)
    #expect(test.service.keys.key(user.keyId)?.secret == user.secret)
    let vault = SecretVault(master: [UInt8](try Data(contentsOf: URL(filePath: folder.path + "/data/master.key"))))
    let opened = try await test.service.store.read { (transaction) throws(WireError) in
      try ConnectionRepository.withURI("sales", vault: vault, in: transaction).uri
    }
    #expect(opened == uri)
    // A key that is made now belongs to the key that holds.
    let made = try await test.makeKey(.viewer)
    #expect(try await test.client(made).call(Methods.serverInfo, Empty()).message.serverId == serverId)
    await test.stop()
  }

  private func master(_ folder: TemporaryFolder) throws -> Data {
    try Data(contentsOf: URL(filePath: folder.path + "/data/master.key"))
  }

  @Test func everyKeyGoesOnWithAnotherMasterKey() async throws {
    let folder = try TemporaryFolder()
    let (serverId, user) = try await prepare(folder)
    let first = try master(folder)
    for _ in 0..<2 {
      let before = try master(folder)
      try await SessionService.rotateMasterKey(dataFolder: folder.path + "/data", file: nil, newFile: nil)
      #expect(try master(folder) != before)
      try await check(folder, serverId, user)
    }
    // The first one opens nothing any more.
    try first.write(to: URL(filePath: folder.path + "/data/master.key"))
    let error = await #expect(throws: WireError.self) { try await TestService.start(folder) }
    #expect(error?.errorCode == .corrupt && error?.message.contains("not the one of this data folder") == true)
  }

  @Test func aCrashInTheMiddleLeavesTheOneOrTheOther() async throws {
    let folder = try TemporaryFolder()
    let (serverId, user) = try await prepare(folder)
    let next = URL(filePath: folder.path + "/data/master.key.next")
    // Before the store was changed: the old one holds, and the new one is forgotten.
    try Data(repeating: 5, count: 32).write(to: next)
    try await check(folder, serverId, user)
    #expect(!FileManager.default.fileExists(atPath: next.path))
    // After it: the new one holds.
    let old = try master(folder)
    try await SessionService.rotateMasterKey(dataFolder: folder.path + "/data", file: nil, newFile: nil)
    let new = try master(folder)
    try old.write(to: URL(filePath: folder.path + "/data/master.key"))
    try new.write(to: next)
    try await check(folder, serverId, user)
    #expect(try master(folder) == new)
  }

  @Test func aDatabaseWithoutItsKeyIsNotGivenAnother() async throws {
    let folder = try TemporaryFolder()
    let (serverId, user) = try await prepare(folder)
    let key = URL(filePath: folder.path + "/data/master.key")
    let content = try master(folder)
    try FileManager.default.removeItem(at: key)
    let error = await #expect(throws: WireError.self) { try await TestService.start(folder) }
    #expect(error?.errorCode == .corrupt && !FileManager.default.fileExists(atPath: key.path))
    try content.write(to: key)
    try await check(folder, serverId, user)
  }

  @Test func aKeyThatSomebodyKeepsIsNeverInTheFolder() async throws {
    let folder = try TemporaryFolder()
    let (data, old, new) = (folder.path + "/data", folder.path + "/old", folder.path + "/new")
    try String(repeating: "0a", count: 32).appending("\n").write(toFile: old, atomically: true, encoding: .utf8)
    try Data(repeating: 9, count: 32).write(to: URL(filePath: new))
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    func start(_ file: String) async throws -> String {
      let service = try await SessionService(dataFolder: data, masterKeyFile: file, logger: logger)
      defer { service.close() }
      return service.identity.serverId
    }
    let id = try await start(old)
    try await SessionService.rotateMasterKey(dataFolder: data, file: old, newFile: new)
    await #expect(throws: WireError.self) { try await start(old) }
    #expect(try await start(new) == id)
    #expect(!FileManager.default.fileExists(atPath: data + "/master.key"))
    await #expect(throws: WireError.self) {
      try await SessionService.rotateMasterKey(dataFolder: data, file: new, newFile: nil)
    }
    try "short".write(toFile: old, atomically: true, encoding: .utf8)
    await #expect(throws: WireError.self) { try await start(old) }
    await #expect(throws: WireError.self) { try await start(folder.path + "/nothing") }
  }
}
