import ArgumentParser
import Wire

struct ArtifactCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "artifact", abstract: "The files that the agents wrote.", subcommands: [List.self, Get.self, Delete.self])

  struct List: ServerCommand {
    static let configuration = CommandConfiguration(abstract: "List a session's files, newest first.")
    @Argument(help: "The session.", completion: LiveCompletion.sessions) var session: String
    @OptionGroup var page: PageOptions
    @OptionGroup(title: "Global options") var options: GlobalOptions

    func run(_ server: ServerLink, _ printer: Printer) async throws {
      var request = ArtifactListRequest()
      request.sessionId = session
      printer.list(
        try await server.pages(Methods.artifactList, request, page),
        [
          .text("PATH") { $0.path }, .bytes("SIZE") { $0.size }, .text("TYPE", shrinks: true) { $0.mediaType },
          .time("UPDATED") { $0.updatedAt }, .text("TASK", wide: true) { $0.taskId },
          .number("VERSION", wide: true) { $0.version },
          .text("SHA-256", wide: true) { Hex.text($0.sha256) },
        ])
    }
  }

  struct Get: ServerCommand {
    static let configuration = CommandConfiguration(
      abstract: "Fetch one file; its SHA-256 is checked before it gets its name.",
      discussion: "Without --file, or with '-', it goes to stdout.")
    @Argument(help: "The session.", completion: LiveCompletion.sessions) var session: String
    @Argument(help: "The file's path in the session.") var path: String
    @Option(name: [.customShort("f"), .long], help: ArgumentHelp("Where to write it; folders are made.", valueName: "file"))
    var file = "-"
    @Flag(help: "Overwrite the file.") var force = false
    @OptionGroup var sealing: SealingOption
    @OptionGroup(title: "Global options") var options: GlobalOptions

    func run(_ server: ServerLink, _ printer: Printer) async throws {
      var reference = ArtifactRef()
      reference.sessionId = session
      reference.path = path
      let download = ArtifactDownload(reference: reference, server: server, keys: try sealing.keys())
      let artifact: Artifact
      if file == "-" {
        artifact = try await download.write(to: printer.out)
      } else {
        artifact = try await download.write(toFile: file, overwrite: force)
        printer.object(artifact, id: file)
      }
      printer.say("\(Quantities.bytes(artifact.size)), \(artifact.mediaType), SHA-256 checked", .dim)
    }
  }

  struct Delete: ServerCommand {
    static let configuration = CommandConfiguration(abstract: "Delete one file; the steps that wrote it stay.")
    @Argument(help: "The session.", completion: LiveCompletion.sessions) var session: String
    @Argument(help: "The file's path in the session.") var path: String
    @OptionGroup(title: "Global options") var options: GlobalOptions

    func run(_ server: ServerLink, _ printer: Printer) async throws {
      try printer.confirm("Delete the file '\(path)' of \(session)?")
      _ = try await server.call(Methods.artifactDelete, .with { ($0.sessionId, $0.path) = (session, path) })
      printer.say("deleted", .dim)
    }
  }
}
