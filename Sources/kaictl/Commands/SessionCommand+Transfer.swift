import ArgumentParser
import NIOCore
import Wire

extension SessionCommand {
  struct Export: ServerCommand {
    static let configuration = CommandConfiguration(
      abstract: "Write a session to one file: every step, event, artifact, memory and task.",
      discussion: """
        It is the session at one moment: when it goes on meanwhile, nothing is written; pause it first, or wait for its task. The file can
        be imported into another kai-session. It has everything that was said in the session, and is as secret as that.
        """)
    @Argument(help: "The session.", completion: LiveCompletion.sessions) var id: String
    @Argument(help: "Where to write it.") var file: String
    @Flag(help: "Write over the file.") var force = false
    @OptionGroup(title: "Global options") var options: GlobalOptions

    func run(_ server: ServerLink, _ printer: Printer) async throws {
      try LocalFile.requireFree(file, force: force)
      let target = try AtomicFile(path: file, mode: 0o600)
      let bar = ProgressBar("export", printer)
      var (written, expected): (UInt64, UInt64) = (0, 0)
      var end: SessionArchiveEnd?
      try await server.stream(Methods.sessionExport, SessionExportRequest(id: id)) { (item) throws(WireError) in
        try target.write(item.attachment)
        written += UInt64(item.attachment.readableBytes)
        expected = max(expected, item.message.expectedBytes)
        end = item.message.end ?? end
        bar.show(written, of: max(written, expected))
        return .more
      }
      bar.end()
      guard let end else { throw WireError(.connectionLost, "the export ended before its end") }
      try target.commit(overwrite: force)
      printer.object(end, id: file)
      printer.say("\(file): \(Quantities.bytes(written)); \(SessionCommand.contents(end))", .dim)
    }
  }

  struct Import: ServerCommand {
    static let configuration = CommandConfiguration(
      abstract: "Take over a session from a file, and print its id.",
      discussion: """
        The session keeps its id, its history and its tasks, and can be asked at once; a task that had not ended is cancelled. With --as-new it
        gets new ids, so that it can stand beside the one it came from; its tasks and events stay behind then, as with a fork. The file
        is checked before anything is sent, and nothing of it is seen before all of it is there.
        """)
    @Argument(help: "The file.") var file: String
    @Option(name: [.customShort("c"), .long], help: "The connection that it works on here (default: as before).") var connection:
      String?
    @Flag(help: "Give it new ids.") var asNew = false
    @Flag(help: "Check the file, say what is in it, and send nothing.") var dryRun = false
    @OptionGroup(title: "Global options") var options: GlobalOptions

    func run() async throws {
      guard dryRun else { return try await runOnce() }
      let printer = Printer(options)
      let (manifest, end) = try verified(printer)
      printer.object(manifest, id: manifest.session?.id ?? "")
      printer.say("\(file) is whole: \(SessionCommand.contents(end))", .dim)
    }

    func run(_ server: ServerLink, _ printer: Printer) async throws {
      let (manifest, end) = try verified(printer)
      let request = SessionImportRequest.with { request in
        (request.dbConnectionId, request.asNew) = (connection ?? manifest.session?.dbConnectionId ?? "", asNew)
      }
      let bar = ProgressBar("import", printer)
      let session = try await server.upload(Methods.sessionImport, request, try InputFile(path: file), bar.show)
      bar.end()
      printer.object(session, id: session.id)
      printer.say("imported \(session.id): \(SessionCommand.contents(end))", .dim)
    }

    private func verified(_ printer: Printer) throws(WireError) -> (manifest: SessionManifest, end: SessionArchiveEnd) {
      let bar = ProgressBar("check", printer)
      defer { bar.end() }
      return try SessionFile(path: file).verify(bar.show)
    }
  }

  private static func contents(_ end: SessionArchiveEnd) -> String {
    [
      Quantities.count(end.checkpoints, "step"), Quantities.count(end.events, "event"),
      Quantities.count(end.artifacts, "artifact") + " (\(Quantities.bytes(end.artifactBytes)))",
      Quantities.count(end.memories, "version") + " of memories", Quantities.count(end.blocks, "block"),
      Quantities.count(end.tasks, "task"),
    ].joined(separator: ", ")
  }
}
