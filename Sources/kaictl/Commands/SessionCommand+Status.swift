import ArgumentParser
import Wire

/// Which sessions a change of status is about.
struct SessionsArgument: ParsableArguments {
  @Argument(help: "The sessions.") var ids: [String]
  @Option(help: ArgumentHelp("Only if it is still this version; for one session.", valueName: "version"))
  var ifVersion: UInt64?

  func validate() throws {
    if ifVersion != nil, ids.count > 1 { throw ValidationError("--if-version is for one session") }
  }

  fileprivate func change(
    _ call: Call<SessionRef, Session>, _ server: ServerLink, _ printer: Printer
  ) async throws {
    try await Batch.run(ids, printer, told: { (session: Session) in "\(session.id) is \(session.status.label)" }) {
      (id) throws(WireError) in
      var reference = SessionRef(id: id)
      reference.ifVersion = ifVersion
      return try await server.call(call, reference)
    }
  }
}

extension SessionCommand {
  struct Pause: ServerCommand {
    static let configuration = CommandConfiguration(
      abstract: "Pause sessions: a running task stops after its step and waits.")
    @OptionGroup var sessions: SessionsArgument
    @OptionGroup(title: "Global options") var options: GlobalOptions
    func run(_ server: ServerLink, _ printer: Printer) async throws {
      try await sessions.change(Methods.sessionPause, server, printer)
    }
  }

  struct Resume: ServerCommand {
    static let configuration = CommandConfiguration(abstract: "Let paused sessions go on.")
    @OptionGroup var sessions: SessionsArgument
    @OptionGroup(title: "Global options") var options: GlobalOptions
    func run(_ server: ServerLink, _ printer: Printer) async throws {
      try await sessions.change(Methods.sessionResume, server, printer)
    }
  }

  struct Close: ServerCommand {
    static let configuration = CommandConfiguration(abstract: "Close sessions: they take no more tasks until reopened.")
    @OptionGroup var sessions: SessionsArgument
    @OptionGroup(title: "Global options") var options: GlobalOptions
    func run(_ server: ServerLink, _ printer: Printer) async throws {
      try await sessions.change(Methods.sessionClose, server, printer)
    }
  }

  struct Reopen: ServerCommand {
    static let configuration = CommandConfiguration(abstract: "Reopen sessions that were closed or have failed.")
    @OptionGroup var sessions: SessionsArgument
    @OptionGroup(title: "Global options") var options: GlobalOptions
    func run(_ server: ServerLink, _ printer: Printer) async throws {
      try await sessions.change(Methods.sessionReopen, server, printer)
    }
  }

  struct Delete: ServerCommand {
    static let configuration = CommandConfiguration(
      abstract: "Remove sessions with all their steps, tasks, artifacts and memories.")
    @OptionGroup var sessions: SessionsArgument
    @OptionGroup(title: "Global options") var options: GlobalOptions

    func run(_ server: ServerLink, _ printer: Printer) async throws {
      try printer.confirm("Delete \(sessions.ids.joined(separator: ", ")) with everything in it?")
      try await Batch.run(sessions.ids, printer, told: told) { (id) throws(WireError) in
        var reference = SessionRef(id: id)
        reference.ifVersion = sessions.ifVersion
        return try await server.call(Methods.sessionDelete, reference)
      }
    }

    private func told(_ gone: SessionDeleted) -> String {
      let parts = [
        Quantities.count(gone.checkpoints, "step"), Quantities.count(gone.tasks, "task"),
        Quantities.count(gone.artifacts, "artifact"), Quantities.count(gone.memories, "memory", plural: "memories"),
        Quantities.count(gone.events, "event"),
      ]
      return "deleted \(gone.id): " + parts.joined(separator: ", ")
    }
  }
}
