import Logging
import Telemetry
import Wire

/// Runs one assignment from fetch to end: chain, folder, database, loop.
struct ExecutionRunner: Sendable {
  let client: WireClient
  let model: any Model
  let registry: ToolRegistry
  let drivers: DatabaseDrivers
  let schemas: SchemaCatalog
  let results: String
  let learningDeadline: Duration
  let embedder: (any Embedder)?
  let extraction: ExtractionWork?
  let sealingKeys: SealingKeys?
  let leases: LeaseBook
  let log: Logger

  func run(_ assignment: ExecutionAssignment, _ control: ExecutionControl) async {
    let ending = await traced(assignment, control)
    switch (ending, control.stop) {
    // Whatever a cancellation fell on, the service ends the task when it gets the lease back. A lease that the node counted as over because it
    // heard nothing may still hold there, if it was the service that stood still.
    case (.abandoned, .cancelled), (.abandoned, .leaseLost): leases.release(assignment.lease)
    default: leases.remove(assignment.lease)
    }
    var log = log
    log[metadataKey: "task"] = "\(assignment.task.id)"
    log[metadataKey: "session"] = "\(assignment.session.id)"
    switch ending {
    case .finished(let status): log.info("task ended", metadata: ["status": "\(status.label)"])
    case .released: log.info("task handed back")
    case .asked: log.info("task waits for a person")
    case .abandoned(let error): log.warning("task abandoned", metadata: ["error": "\(error)"])
    }
  }

  /// The execution as a span of the trace in which its task was submitted.
  private func traced(_ assignment: ExecutionAssignment, _ control: ExecutionControl) async -> AgentLoop.Ending {
    let attributes: [(String, Span.Value)] = [
      ("kai.task", .text(assignment.task.id)), ("kai.session", .text(assignment.session.id)),
      ("kai.connection", .text(assignment.connection.id)), ("kai.attempt", .integer(Int64(assignment.task.attempt))),
      ("kai.node", .text(assignment.nodeName)),
    ]
    return await Tracing.run("task", .internal, under: TraceContext(parsing: assignment.task.traceparent), attributes) { notes in
      let ending = await ending(of: assignment, control)
      switch ending {
      case .finished(let status):
        notes["kai.status"] = .text(status.label)
        if status == .failed { notes.fail("the task failed") }
      case .released: notes["kai.status"] = "released"
      case .asked: notes["kai.status"] = "waiting"
      case .abandoned(let error): notes.fail(error.errorCode.name)
      }
      return ending
    }
  }

  private func ending(of assignment: ExecutionAssignment, _ control: ExecutionControl) async -> AgentLoop.Ending {
    let transcript: Transcript
    let head: UInt64
    do throws(WireError) {
      (transcript, head) = try await ChainFetching(client: client, task: assignment.task, sealingKeys: sealingKeys)
        .transcript()
    } catch {
      return await refuse(assignment, Transcript(taskId: assignment.task.id), head: assignment.session.headStep, error)
    }
    do throws(WireError) {
      let folder = try ResultsFolder.create(
        results: results, connectionId: assignment.connection.id, sessionId: assignment.session.id)
      let database = try await drivers.open(assignment.connection)
      for warning in await database.warnings {
        log.warning("\(warning)", metadata: ["connection": "\(assignment.connection.id)"])
      }
      let loop = AgentLoop(
        assignment: assignment, model: model, registry: registry,
        context: ToolContext(
          sessionId: assignment.session.id, taskId: assignment.task.id, connectionId: assignment.connection.id,
          database: database, schema: schemas.schema(of: assignment.connection, database), folder: folder,
          memory: WireMemory(client: client, embedder: embedder, learningDeadline: learningDeadline), step: head),
        committer: committer(assignment, head), control: control, now: { WallClock.now() }, extraction: extraction)
      let ending = await loop.run(transcript)
      await database.close()
      return ending
    } catch {
      return await refuse(assignment, transcript, head: head, error)
    }
  }

  private func committer(_ assignment: ExecutionAssignment, _ head: UInt64) -> WireCommitter {
    WireCommitter(client: client, assignment: assignment, headStep: head, sealingKeys: sealingKeys) { [leases] in
      leases.end(of: assignment.lease)
    }
  }

  /// Ends a task that cannot even begin here: its database cannot be opened, or its chain cannot be read.
  private func refuse(
    _ assignment: ExecutionAssignment, _ transcript: Transcript, head: UInt64, _ error: WireError
  ) async -> AgentLoop.Ending {
    if error.meansLeaseIsLost || error.isOfTheService || error.retry == .reconnect || error.errorCode == .cancelled {
      return .abandoned(error)
    }
    let started = TranscriptEntry.of(WallClock.now()) {
      $0.taskStarted = .with {
        $0.taskId = assignment.task.id
        $0.attempt = assignment.task.attempt
        $0.nodeName = assignment.nodeName
        $0.fromStep = head
      }
    }
    var added = [started]
    var progress = transcript.progress
    if !progress.hasQuestion {
      added.append(.of(WallClock.now()) { $0.user = .with { $0.text = assignment.task.prompt } })
    }
    for entry in added { progress.add(entry) }
    added.append(
      .of(WallClock.now()) {
        $0.taskFinished = .with {
          $0.taskId = assignment.task.id
          $0.status = .failed
        }
      })
    let draft = StepDraft(
      kind: .final, summary: "failed: " + error.message.prefix(bytes: 200), entries: added,
      finish: .stopped(.failed, error, progress))
    do throws(WireError) {
      _ = try await committer(assignment, head).commit(draft)
      return .finished(.failed)
    } catch {
      return .abandoned(error)
    }
  }
}
