import Crypto
import Foundation
import JSON
import Logging
import NIOCore
import NIOPosix
import Testing
import Wire

/// What each command of kaictl prints of the same things, as a table and as JSON, is in `Tests/IntegrationTests/Goldens`. With KAI_RENDER=1 in
/// the environment the files are written, else compared.
@Suite struct RenderedFilesOfCommandsTests {
  /// By the command's name; `FILE` is a file that the command may write, `IN` one with something in it.
  private static let commands: [(String, [String])] = [
    ("connection create", ["--alias", "a", "--uri", "sqlite:///a.db"]), ("connection list", []), ("connection get", ["a"]),
    ("connection update", ["a", "--description", "d"]), ("connection delete", ["a", "-y"]), ("connection schema", ["a"]),
    ("session create", ["-c", "a"]), ("session list", []), ("session get", ["sess_0123456789ab"]),
    ("session update", ["sess_0123456789ab", "--title", "t"]), ("session history", ["sess_0123456789ab"]),
    ("session fork", ["sess_0123456789ab"]), ("session prune", ["sess_0123456789ab", "--keep-steps", "3", "-y"]),
    ("session pause", ["sess_0123456789ab"]), ("session resume", ["sess_0123456789ab"]), ("session close", ["sess_0123456789ab"]),
    ("session reopen", ["sess_0123456789ab"]), ("session delete", ["sess_0123456789ab", "-y"]),
    ("checkpoint list", ["sess_0123456789ab"]), ("checkpoint get", ["sess_0123456789ab"]),
    ("task submit", ["--session", "sess_0123456789ab", "how many?"]), ("task list", []), ("task get", ["task_0123456789ab"]),
    ("task watch", ["task_0123456789ab"]), ("task wait", ["task_0123456789ab", "--for", "completed"]),
    ("task cancel", ["task_0123456789ab"]), ("task retry", ["task_0123456789ab"]),
    ("task answer", ["task_0123456789ab", "--approve"]), ("task why", ["task_0123456789ab"]),
    ("memory remember", ["-c", "a", "k", "text"]), ("memory recall", ["-c", "a", "--explain", "words"]),
    ("memory get", ["-c", "a", "k"]), ("memory list", ["-c", "a"]), ("memory forget", ["-c", "a", "k", "-y"]),
    ("memory history", ["-c", "a", "k"]), ("memory undo", ["-c", "a", "k"]),
    ("memory preview", ["-c", "a", "how many?"]), ("memory confirm", ["--session", "sess_0123456789ab", "k"]),
    ("memory corrections", ["-c", "a"]), ("memory reindex", ["-c", "a"]), ("memory export", ["-c", "a"]),
    ("knowledge instruction add", ["-c", "a", "n", "text"]), ("knowledge instruction list", ["-c", "a"]),
    ("knowledge instruction get", ["-c", "a", "n"]), ("knowledge instruction search", ["-c", "a", "words"]),
    ("knowledge instruction delete", ["-c", "a", "n", "-y"]), ("knowledge metric add", ["-c", "a", "n", "sum(x)"]),
    ("knowledge metric list", ["-c", "a"]), ("knowledge skill list", ["-c", "a"]), ("knowledge sql list", ["-c", "a"]),
    ("block put", ["-c", "a", "l", "v"]), ("block list", ["-c", "a"]), ("block get", ["-c", "a", "l"]),
    ("block delete", ["-c", "a", "l", "-y"]), ("artifact list", ["sess_0123456789ab"]),
    ("artifact get", ["sess_0123456789ab", "path text", "--file", "FILE"]),
    ("artifact delete", ["sess_0123456789ab", "path text", "-y"]), ("top", []), ("node list", []),
    ("node drain", ["node_1"]), ("key create", ["--role", "user"]), ("key list", []), ("key revoke", ["key_1", "-y"]),
    ("server info", []), ("server check", []), ("server stats", []), ("server drain", ["-y"]), ("explain", ["fenced"]),
  ]

  /// They are about files, this machine's speed or services of their own, and have tests of their own.
  private static let others: Set = [
    "ask", "dev", "connection test", "connection scan", "session export", "session import", "memory import",
    "knowledge skill add",
    "knowledge sql add", "backup create", "backup verify", "backup restore", "bench", "doctor", "context add", "context use",
    "context list", "context remove", "completion", "manual",
  ]

  /// Answers every method with an example.
  private final class Examples: WireService {
    func connected(_ connection: any ServerConnection) {}
    func disconnected(_ connection: any ServerConnection) {}

    func handle(_ burst: [InboundEvent], on connection: any ServerConnection) {
      for case .request(let request) in burst { connection.send(Self.answer(request)) }
    }

    private static func answer(_ request: InboundRequest) -> [Outbound] {
      let rule = request.method.rule
      let end = Outbound(
        streamID: request.streamID, kind: .response(replayed: false),
        message: ExampleMessages.encoded(rule.response) ?? ByteBuffer())
      func item(_ message: some WireMessage, _ attachment: ByteBuffer = ByteBuffer()) -> Outbound {
        Outbound(
          streamID: request.streamID, kind: .item, message: ByteBuffer(bytes: message.encoded()), attachment: attachment)
      }
      switch request.method {
      case .checkpointFetch:
        guard let sealed = try? CheckpointArchive.seal(ExampleMessages.make()) else { return [end] }
        var checkpoint: Checkpoint = ExampleMessages.make()
        (checkpoint.bodyBytes, checkpoint.bodyCrc) = (UInt32(sealed.bytes.readableBytes), sealed.crc)
        (checkpoint.snapshotBytes, checkpoint.snapshotCrc) = (0, 0)
        return [item(checkpoint, sealed.bytes), end]
      case .artifactGet:
        let content = ByteBuffer(string: "the content")
        var artifact: Artifact = ExampleMessages.make()
        (artifact.size, artifact.sha256) = (11, Array(SHA256.hash(data: Data(content.readableBytesView))))
        return [item(artifact, content), end]
      case .taskWatch:
        return EventKind.allCases.filter { $0 != .unspecified && $0 != .questionAsked }.enumerated().map { number, kind in
          var event: Event = ExampleMessages.make()
          (event.kind, event.seq) = (kind, UInt64(number) + 1)
          return item(event)
        } + [end]
      default: return [end]
      }
    }
  }

  private struct OneKey: KeyDirectory {
    func key(_ keyId: String) -> AuthenticationKey? {
      keyId == "key_test" ? AuthenticationKey(secret: [UInt8](repeating: 7, count: 32), role: .admin) : nil
    }
  }

  @Test func everyCommandIsHere() async throws {
    let help = try await CommandResult.run("kaictl", ["--experimental-dump-help"], environment: [:]).expectSuccess().output
    func leaves(_ command: JSONValue, _ path: [String]) -> [String] {
      let inner = (command["subcommands"]?.array ?? []).filter { $0["commandName"]?.string != "help" }
      guard !inner.isEmpty else { return [path.joined(separator: " ")] }
      return inner.flatMap { leaves($0, path + [$0["commandName"]?.string ?? ""]) }
    }
    let all = Set(leaves(try #require(JSONValue(parsing: help)["command"]), []))
    // The kinds of knowledge have the same verbs.
    let alike = all.filter { $0.hasPrefix("knowledge ") && !$0.hasPrefix("knowledge instruction ") }
    #expect(all.subtracting(alike) == Set(Self.commands.map(\.0)).union(Self.others).subtracting(alike))
  }

  @Test func eachPrintsWhatItDid() async throws {
    let folder = try TemporaryFolder()
    let server = try await WireServer.start(
      ServerConfiguration(port: 0, serverId: "srv_test", logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }),
      keys: OneKey(), service: Examples(), group: MultiThreadedEventLoopGroup.singleton)
    let key = folder.file("key")
    try "key_test:\(String(repeating: "07", count: 32))\n".write(toFile: key, atomically: true, encoding: .utf8)
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: key)
    let environment = [
      "KAI_SERVER": server.address, "KAI_KEY_FILE": key, "HOME": folder.path, "COLUMNS": "100", "TRACEPARENT": "",
    ]
    let goldens = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().appending(path: "Goldens")
    for (name, arguments) in Self.commands {
      var text = ""
      for form in ["table", "json"] {
        let written = folder.file("written")
        try? FileManager.default.removeItem(atPath: written)
        let words = name.split(separator: " ").map(String.init) + arguments.map { $0 == "FILE" ? written : $0 }
        let result = try await CommandResult.run("kaictl", words + ["-o", form], environment: environment)
        text += "$ kaictl \(name) \(arguments.joined(separator: " ")) -o \(form)  → \(result.status)\n"
        text += Self.steady(result.output, written, server.address)
        if form == "json" { Self.expectJSON(result, name) }
        if !result.errors.isEmpty { text += "--- stderr\n" + Self.steady(result.errors, written, server.address) }
        text += "\n"
      }
      let path = goldens.appending(path: name.split(separator: " ").joined(separator: "-") + ".txt").path
      if ProcessInfo.processInfo.environment["KAI_RENDER"] == "1" {
        try text.write(toFile: path, atomically: true, encoding: .utf8)
      }
      #expect(try String(contentsOfFile: path, encoding: .utf8) == text, "run script/render, and look at what changed in \(path)")
    }
    await server.stop(grace: .zero)
  }

  /// What goes on as long as there is something writes a value a line; what has nothing to say writes none.
  private static func expectJSON(_ result: CommandResult, _ name: String) {
    let goesOn: Set = ["task watch", "memory export"]
    let values = goesOn.contains(name) ? result.output.split(separator: "\n").map(String.init) : [result.output]
    for value in values where !value.isEmpty {
      #expect(throws: Never.self, "kaictl \(name) -o json prints \(value.prefix(80))") { try JSONValue(parsing: value) }
    }
  }

  /// Without what is another one every day: ages, and with them the widths of columns.
  private static func steady(_ text: String, _ file: String, _ address: String) -> String {
    let text = text.replacing(file, with: "FILE").replacing(address, with: "SERVER").replacing(#/\d+ [smhd] ago/#, with: "AGO")
    return text.split(separator: "\n", omittingEmptySubsequences: false)
      .map { line in
        // JSON is indented by two spaces and has no columns.
        text.contains("AGO") ? String(line).replacing(#/ {2,}/#, with: "  ") : String(line)
      }.joined(separator: "\n")
  }
}
