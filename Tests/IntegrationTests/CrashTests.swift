import Foundation
import NIOCore
import RawNode
import Synchronization
import Testing
import Wire

/// kill -9 of kai-session under load: everything it acknowledged is there.
@Suite struct CrashTests {
  @Test func killedUnderLoadLosesNothingAcknowledged() async throws {
    let deployment = try await Deployment()
    try await deployment.ctl("key", "create", "--role", "agent", "--name", "raw", "--file", deployment.folder.file("raw.key"))
      .expectSuccess()
    try await deployment.addShop()
    let admin = try deployment.client()
    let node = RawNode(client: try deployment.client(key: deployment.folder.file("raw.key")))
    try node.start(slots: 16)
    for _ in 0..<8 {
      let session = try await admin.call(Methods.sessionCreate, .with { $0.dbConnectionId = "shop" }).message
      _ = try await admin.call(
        Methods.taskSubmit,
        .with {
          $0.sessionId = session.id; $0.prompt = "load"
        })
    }
    var work: [Assignment] = []
    while work.count < 8 { work.append(try #require(await node.nextAssignment())) }

    // Commit as fast as it goes, write down what was acknowledged, and pull the plug in the middle.
    let acknowledged = Acknowledged()
    let committing = work.map { assignment in
      Task {
        var step: UInt64 = 0
        while let crc = try? await node.commit(assignment, parent: step) {
          step += 1
          acknowledged.add(crc, to: assignment.session?.id ?? "")
        }
      }
    }
    _ = try await eventually("a few hundred commits") { acknowledged.all.values.reduce(0) { $0 + $1.count } > 400 ? true : nil }
    try await deployment.session.value?.killNow()
    node.stop()
    for task in committing {
      task.cancel()
      await task.value
    }

    try await deployment.startSession()
    for (session, crcs) in acknowledged.all {
      var found: [UInt32] = []
      for try await item in try admin.stream(
        Methods.checkpointFetch,
        .with {
          $0.sessionId = session; $0.full = true
        })
      {
        #expect(item.message.step == UInt64(found.count + 1))
        let body = try CheckpointArchive.open(item.attachment, crc: item.message.bodyCrc)
        #expect(body.entries.count == 1)
        found.append(item.message.bodyCrc)
      }
      #expect(found.count >= crcs.count && Array(found.prefix(crcs.count)) == crcs)
      #expect(found.count <= crcs.count + 1, "more than the one commit that was under way")
    }
    await admin.close()
  }

  /// The CRCs of the acknowledged steps of each session, in order.
  private final class Acknowledged: Sendable {
    private let crcs = Mutex<[String: [UInt32]]>([:])
    var all: [String: [UInt32]] { crcs.withLock { $0 } }
    func add(_ crc: UInt32, to session: String) { crcs.withLock { $0[session, default: []].append(crc) } }
  }
}
