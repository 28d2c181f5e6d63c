import ArgumentParser
import Wire

/// Which sessions a change of status is about.
struct SessionsArgument: ParsableArguments {
  @OptionGroup var batch: BatchSelection<SessionNoun>
  @Option(help: ArgumentHelp("Only if it is still this version; for one session.", valueName: "version"))
  var ifVersion: UInt64?

  func validate() throws {
    if ifVersion != nil, !batch.isOne { throw ValidationError("--if-version is for one session") }
  }

  fileprivate func change(
    _ verb: String, _ call: Call<SessionRef, Session>, _ server: ServerLink, _ printer: Printer
  ) async throws {
    guard let ids = try await batch.resolved(verb, by: server, printer) else { return }
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
      try await sessions.change("Pause", Methods.sessionPause, server, printer)
    }
  }

  struct Resume: ServerCommand {
    static let configuration = CommandConfiguration(abstract: "Let paused sessions go on.")
    @OptionGroup var sessions: SessionsArgument
    @OptionGroup(title: "Global options") var options: GlobalOptions
    func run(_ server: ServerLink, _ printer: Printer) async throws {
      try await sessions.change("Resume", Methods.sessionResume, server, printer)
    }
  }

  struct Close: ServerCommand {
    static let configuration = CommandConfiguration(abstract: "Close sessions: they take no more tasks until reopened.")
    @OptionGroup var sessions: SessionsArgument
    @OptionGroup(title: "Global options") var options: GlobalOptions
    func run(_ server: ServerLink, _ printer: Printer) async throws {
      try await sessions.change("Close", Methods.sessionClose, server, printer)
    }
  }

  struct Reopen: ServerCommand {
    static let configuration = CommandConfiguration(abstract: "Reopen sessions that were closed or have failed.")
    @OptionGroup var sessions: SessionsArgument
    @OptionGroup(title: "Global options") var options: GlobalOptions
    func run(_ server: ServerLink, _ printer: Printer) async throws {
      try await sessions.change("Reopen", Methods.sessionReopen, server, printer)
    }
  }

  struct Delete: ServerCommand {
    static let configuration = CommandConfiguration(
      abstract: "Remove sessions with all their steps, tasks, artifacts and memories.")
    @OptionGroup var sessions: SessionsArgument
    @OptionGroup(title: "Global options") var options: GlobalOptions

    func run(_ server: ServerLink, _ printer: Printer) async throws {
      let found = try await sessions.batch.resolved("Delete", isDestructive: true, " with everything in it", by: server, printer)
      guard let found else { return }
      try await Batch.run(found, printer, told: told) { (id) throws(WireError) in
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
