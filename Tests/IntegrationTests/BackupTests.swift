import Foundation
import JSON
import Testing

/// A backup of the running service, and what becomes of it.
@Suite struct BackupTests {
  private func ask(_ deployment: Deployment, _ session: String) async throws -> JSONValue {
    try await deployment.json("ask", "--session", session, "how many customers are there?")
  }

  @Test func aLostVolumeIsRestoredAndASessionGoesOn() async throws {
    let deployment = try await Deployment()
    try await deployment.addShop()
    let node = try await deployment.startNode("n1")
    let session = try await deployment.ctl("session", "create", "--connection", "shop", "-o", "ids").expectSuccess().line
    _ = try await ask(deployment, session)
    try await deployment.ctl("memory", "remember", "k", "a note", "--connection", "shop", "--namespace", "business_facts")
      .expectSuccess()
    let file = deployment.folder.file("kai.backup")
    let made = try await deployment.json("backup", "create", file)
    #expect((made["database_bytes"]?.integer ?? 0) > 0 && made["has_master_key"]?.bool == true)
    let mode = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int
    #expect(mode == 0o600)
    try await deployment.ctl("backup", "verify", file).expectSuccess()
    #expect(try await deployment.ctl("backup", "create", file).status == 5, "nothing is written over")
    // What comes later is gone with the volume; the name of another key, too.
    try await deployment.ctl("memory", "remember", "late", "gone", "--connection", "shop", "--namespace", "business_facts")
      .expectSuccess()
    try await deployment.session.value?.killNow()
    try FileManager.default.removeItem(atPath: deployment.dataFolder)
    #expect(try await deployment.ctl("backup", "restore", file, "--data", deployment.dataFolder).status == 0)
    #expect(try await deployment.ctl("backup", "restore", file, "--data", deployment.dataFolder).status == 5)
    try await deployment.startSession()
    // The node was never told of anything: it attaches again, and the session goes on where the backup has it.
    let answer = try await ask(deployment, session)
    #expect(answer["result"]?["status"]?.string == "completed", "\(answer)")
    #expect(node.isRunning)
    let memories = try await deployment.json("memory", "list", "--connection", "shop", "--namespace", "business_facts")
    #expect(memories["memories"]?.array?.compactMap { $0["key"]?.string } == ["k"])
    try await deployment.ctl("server", "check").expectSuccess()
    let left = try FileManager.default.contentsOfDirectory(atPath: deployment.dataFolder)
    #expect(!left.contains { $0.hasPrefix("backup") }, "\(left)")
  }

  @Test func aKeyThatWasRevokedLaterIsNamedAndCanBeShutOut() async throws {
    let deployment = try await Deployment()
    let (file, leaked) = (deployment.folder.file("kai.backup"), deployment.folder.file("leaked.key"))
    try await deployment.ctl("key", "create", "--role", "user", "--name", "leaked", "--file", leaked).expectSuccess()
    let id = String(try String(contentsOfFile: leaked, encoding: .utf8).prefix { $0 != ":" })
    try await deployment.ctl("backup", "create", file).expectSuccess()
    try await deployment.ctl("key", "revoke", id, "-y").expectSuccess()
    let admin = try String(contentsOfFile: deployment.dataFolder + "/admin.key", encoding: .utf8)
    try await deployment.session.value?.killNow()
    try FileManager.default.removeItem(atPath: deployment.dataFolder)
    let restored = try await deployment.run(["backup", "restore", file, "--data", deployment.dataFolder]).expectSuccess()
    #expect(restored.errors.contains("also if they were revoked since") && restored.errors.contains("\(id)  user  leaked"))
    let adminId = String(admin.prefix { $0 != ":" })
    func shutOut(_ kept: String) async throws -> CommandResult {
      try await CommandResult.run(
        "kai-session", ["--data", deployment.dataFolder, "--revoke-all-but", kept], environment: [:])
    }
    // Somebody must be left who can make keys.
    #expect(try await shutOut(id).errors.contains("none of the keys to keep is an admin's"))
    #expect(try await shutOut("\(adminId),key_0123456789ab").errors.contains("there is no valid key 'key_0123456789ab'"))
    let nowhere = deployment.folder.file("nowhere")
    let none = try await CommandResult.run("kai-session", ["--data", nowhere, "--revoke-all-but", id], environment: [:])
    #expect(none.errors.contains("is no data folder") && !FileManager.default.fileExists(atPath: nowhere))
    #expect(try await shutOut(adminId).expectSuccess().line == "1 key was revoked")
    #expect(try await shutOut(adminId).expectSuccess().line == "0 keys were revoked")
    // A file of another store's admin is not taken for this one's without a word.
    try admin.replacing("0", with: "1").write(toFile: deployment.dataFolder + "/admin.key", atomically: true, encoding: .utf8)
    try await deployment.startSession()
    #expect(deployment.session.value?.logText.contains("admin.key holds no valid key of this store") == true)
    let adminKey = deployment.folder.file("admin.key")
    try admin.write(toFile: adminKey, atomically: true, encoding: .utf8)
    #expect(try await deployment.ctl(key: leaked, "server", "info").status != 0)
    try await deployment.ctl(key: adminKey, "server", "info").expectSuccess()
  }

  @Test func aDamagedBackupIsFoundOut() async throws {
    let deployment = try await Deployment()
    let file = deployment.folder.file("kai.backup")
    try await deployment.ctl("backup", "create", file, "--without-master-key").expectSuccess()
    let whole = try Data(contentsOf: URL(filePath: file))
    let damaged = deployment.folder.file("damaged.backup")
    var variants: [Data] = [Data(), Data("KAIBACK1".utf8), whole.dropLast(), whole + Data([0]), Data("PK".utf8) + whole]
    for place in stride(from: 0, to: whole.count, by: max(1, whole.count / 40)) {
      var flipped = whole
      flipped[place] ^= 0x10
      variants.append(flipped)
      variants.append(whole.prefix(place))
    }
    for (number, variant) in variants.enumerated() {
      try variant.write(to: URL(filePath: damaged))
      let result = try await deployment.run(["backup", "verify", damaged])
      #expect(result.status == 1 || result.status == 5, "\(number): \(result)")
    }
    // Nothing of it becomes a data folder.
    try variants[2].write(to: URL(filePath: damaged))
    let target = deployment.folder.file("restored")
    #expect(try await deployment.run(["backup", "restore", damaged, "--data", target]).status != 0)
    #expect(!FileManager.default.fileExists(atPath: target + "/kai.db"))
    // Without the master key it is no use, and with it it is.
    #expect(try await deployment.run(["backup", "restore", file, "--data", target]).status == 5)
    try await deployment.run(
      ["backup", "restore", file, "--data", target, "--master-key", deployment.dataFolder + "/master.key"]
    ).expectSuccess()
    #expect(FileManager.default.fileExists(atPath: target + "/kai.db"))
    // The key may be hex, and may be there already.
    let key32 = try Data(contentsOf: URL(filePath: deployment.dataFolder + "/master.key"))
    let hexKey = deployment.folder.file("master.hex")
    try (key32.map { String(format: "%02x", $0) }.joined() + "\n").write(toFile: hexKey, atomically: true, encoding: .utf8)
    try FileManager.default.removeItem(atPath: target + "/kai.db")
    // Another database's log would be taken for this one's: it stays, and nothing is put beside it.
    try Data("a log".utf8).write(to: URL(filePath: target + "/kai.db-wal"))
    let beside = try await deployment.run(["backup", "restore", file, "--data", target, "--master-key", hexKey])
    #expect(beside.status == 5 && beside.errors.contains("kai.db-wal"), "\(beside)")
    #expect(!FileManager.default.fileExists(atPath: target + "/kai.db"))
    #expect(try Data(contentsOf: URL(filePath: target + "/kai.db-wal")) == Data("a log".utf8))
    try FileManager.default.removeItem(atPath: target + "/kai.db-wal")
    try await deployment.run(["backup", "restore", file, "--data", target, "--master-key", hexKey]).expectSuccess()
    #expect(try Data(contentsOf: URL(filePath: target + "/master.key")) == key32)
    // Only an admin gets one.
    let key = deployment.folder.file("user.key")
    try await deployment.ctl("key", "create", "--role", "user", "--file", key).expectSuccess()
    #expect(try await deployment.ctl(key: key, "backup", "create", deployment.folder.file("mine.backup")).status == 3)
  }
}

/// One session as a file, from one server to another.
@Suite struct SessionFileTests {
  @Test func aSessionMovesToAnotherServerAndGoesOn() async throws {
    let here = try await Deployment()
    try await here.addShop()
    try await here.startNode("n1")
    let session = try await here.ctl("session", "create", "--connection", "shop", "--title", "moving", "-o", "ids")
      .expectSuccess().line
    _ = try await here.json("ask", "--session", session, "how many customers are there?")
    try await here.ctl(
      "memory", "remember", "k", "a note", "--connection", "shop", "--scope", session, "--namespace", "session_working"
    )
    .expectSuccess()
    let file = here.folder.file("one.session")
    let end = try await here.json("session", "export", session, file)
    let steps = try await here.json("session", "get", session)["head_step"]?.integer
    #expect((end["checkpoints"]?.integer ?? 0) > 2 && end["checkpoints"]?.integer == steps)
    let mode = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int
    #expect(mode == 0o600)
    #expect(try await here.ctl("session", "export", session, file).status == 5, "nothing is written over")
    #expect(try await here.ctl("session", "import", file).status == 5, "it is there already")
    let there = try await Deployment()
    #expect(try await there.ctl("session", "import", file).status == 4, "its connection must be there")
    try await there.addShop()
    #expect(try await there.ctl("session", "import", "--dry-run", file).expectSuccess().errors.contains("is whole"))
    #expect(try await there.ctl("session", "get", session).status == 4)
    #expect(try await there.ctl("session", "import", file).expectSuccess().line == session)
    #expect(try await there.ctl("session", "history", session).expectSuccess().output.contains("how many customers"))
    let memories = try await there.json("memory", "list", "--connection", "shop", "--scope", session)
    #expect(memories["memories"]?.array?.contains { $0["key"]?.string == "k" } == true)
    try await there.startNode("n2")
    let answer = try await there.json("ask", "--session", session, "how many orders are there?")
    #expect(answer["result"]?["status"]?.string == "completed", "\(answer)")
    #expect(try await there.json("task", "list", "--session", session)["tasks"]?.array?.count == 2)
    try await there.ctl("server", "check").expectSuccess()
    // A damaged file is found out before anything is sent.
    var bytes = try Data(contentsOf: URL(filePath: file))
    bytes[bytes.count / 2] ^= 1
    try bytes.write(to: URL(filePath: file))
    let refused = try await there.ctl("session", "import", "--as-new", file)
    #expect(refused.status != 0 && refused.errors.contains("damaged"), "\(refused)")
  }
}
