import ArgumentParser
import JSON
import NIOCore
import Wire

struct CheckpointCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "checkpoint", abstract: "The durable steps of a session.", subcommands: [List.self, Get.self])

  struct List: ServerCommand {
    static let configuration = CommandConfiguration(abstract: "List a session's steps, newest first.")
    @Argument(help: "The session.", completion: LiveCompletion.sessions) var session: String
    @OptionGroup var page: PageOptions
    @OptionGroup(title: "Global options") var options: GlobalOptions

    func run(_ server: ServerLink, _ printer: Printer) async throws {
      var request = CheckpointListRequest()
      request.sessionId = session
      printer.list(try await server.pages(Methods.checkpointList, request, page), CheckpointColumns.all)
    }
  }

  struct Get: ServerCommand {
    static let configuration = CommandConfiguration(
      abstract: "Show one step with the entries it added.",
      discussion: "With --state: the whole transcript as it stood after that step, which is what an agent would go on from.")
    @Argument(help: "The session.", completion: LiveCompletion.sessions) var session: String
    @Argument(help: ArgumentHelp("The step (default: the newest).", valueName: "n")) var number: UInt64?
    @Option(help: ArgumentHelp("The same.", valueName: "n")) var step: UInt64?
    @Flag(help: "The state that the steps up to this one add up to.") var state = false
    @OptionGroup var sealing: SealingOption
    @OptionGroup(title: "Global options") var options: GlobalOptions

    func validate() throws {
      if step != nil, number != nil { throw ValidationError("give the step once: \(number ?? 0) or --step \(step ?? 0)") }
    }

    func run(_ server: ServerLink, _ printer: Printer) async throws {
      let step = number ?? step
      var request = CheckpointFetchRequest()
      request.sessionId = session
      request.step = step
      let keys = try sealing.keys()
      var last: OpenedCheckpoint?
      var folded: [TranscriptEntry] = []
      try await server.stream(Methods.checkpointFetch, request) { (item) throws(WireError) in
        // The steps between a snapshot and the wanted one come too.
        if !state, let step, item.message.step != step { return .more }
        let opened = try OpenedCheckpoint(item, keys)
        folded = try opened.snapshot(item, keys) ?? folded + opened.entries
        guard !state || TranscriptSize(folded).fits(in: .transcript) else {
          throw WireError(.limitExceeded, "the state has more than \(TranscriptSize.transcript)", hint: "Show single steps.")
        }
        last = opened
        return .more
      }
      if state, let reached = last { last = OpenedCheckpoint(checkpoint: reached.checkpoint, entries: folded) }
      guard let found = last else {
        let which = step.map { "no step \($0)" } ?? "no steps yet"
        throw WireError(.notFound, "session \(session) has \(which)", hint: "See 'kaictl checkpoint list \(session)'.")
      }
      found.show(on: printer)
    }
  }
}

/// What a list of steps shows.
enum CheckpointColumns {
  static let all: [ListColumn<Checkpoint>] = [
    .number("STEP") { $0.step }, .time("TIME") { $0.createdAt }, .text("KIND") { $0.kind.label },
    .text("WHAT", shrinks: true) { $0.summary }, .text("TASK", wide: true) { $0.taskId }, .text("NODE") { $0.nodeId },
    .bytes("SIZE") { UInt64($0.bodyBytes) + UInt64($0.snapshotBytes) },
    .text("SNAPSHOT", wide: true) { $0.snapshotBytes == 0 ? "" : Quantities.bytes(UInt64($0.snapshotBytes)) },
    .number("EPOCH", wide: true) { $0.epoch },
  ]
}

/// A step with its body inflated and checked.
struct OpenedCheckpoint {
  let checkpoint: Checkpoint
  let entries: [TranscriptEntry]

  init(checkpoint: Checkpoint, entries: [TranscriptEntry]) {
    self.checkpoint = checkpoint
    self.entries = entries
  }

  /// The state that the item's snapshot holds, this step included; nil when it came without one.
  /// - Throws: `corrupt` when it does not match its checksum or cannot be inflated.
  func snapshot(_ item: StreamItem<Checkpoint>, _ keys: SealingKeys?) throws(WireError) -> [TranscriptEntry]? {
    var rest = item.attachment
    rest.moveReaderIndex(forwardBy: min(Int(checkpoint.bodyBytes), rest.readableBytes))
    guard checkpoint.snapshotBytes > 0, rest.readableBytes > 0 else { return nil }
    return try CheckpointArchive.open(rest, crc: checkpoint.snapshotCrc, as: .snapshot, with: keys).entries
  }

  /// - Throws: `corrupt` when the body is shorter than announced, does not match its checksum or cannot be inflated.
  init(_ item: StreamItem<Checkpoint>, _ keys: SealingKeys?) throws(WireError) {
    checkpoint = item.message
    var attachment = item.attachment
    guard let body = attachment.readSlice(length: Int(checkpoint.bodyBytes)) else {
      throw WireError(.corrupt, "the body of step \(checkpoint.step) is cut off")
    }
    entries = try CheckpointArchive.open(body, crc: checkpoint.bodyCrc, with: keys).entries
  }

  var json: JSONValue {
    var members = checkpoint.json().object ?? []
    members.append(JSONValue.Member("entries", .array(entries.map { $0.json() })))
    return .object(members)
  }

  func show(on printer: Printer) {
    switch printer.form {
    case .json, .jsonl: printer.json(json)
    case .ids: printer.line("\(checkpoint.step)")
    case .table, .wide:
      let head = ["step \(checkpoint.step)", checkpoint.kind.label, checkpoint.summary, printer.time(checkpoint.createdAt)]
      let line = Escaping.line(head.filter { !$0.isEmpty }.joined(separator: " · "))
      printer.out.write(printer.out.styled(line, .bold) + "\n")
      for entry in entries { printer.out.write(EntryText(entry, on: printer.out).text) }
    }
  }
}
