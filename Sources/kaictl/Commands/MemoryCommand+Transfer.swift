import ArgumentParser
import JSON
import NIOCore
import Wire

extension MemoryCommand {
  struct Undo: ServerCommand {
    static let configuration = CommandConfiguration(
      abstract: "Make an older version of a memory the one that holds, as a new version.")
    @OptionGroup var place: Place
    @Argument(help: "The key.") var key: String
    @Option(help: ArgumentHelp("This version (default: the one before).", valueName: "n")) var toVersion: UInt64 = 0
    @OptionGroup(title: "Global options") var options: GlobalOptions

    func run(_ server: ServerLink, _ printer: Printer) async throws {
      let reference = try await place.reference(to: key, server)
      let request = MemoryUndoRequest.with { ($0.memory, $0.toVersion) = (reference, toVersion) }
      let memory = try await server.call(Methods.memoryUndo, request)
      printer.object(memory, id: memory.id)
      printer.say("version \(memory.version): \(memory.content.isEmpty ? memory.value : memory.content)", .dim)
    }
  }

  struct Preview: ServerCommand {
    static let configuration = CommandConfiguration(
      abstract: "Show what an agent would be given with a question, and nothing else.",
      discussion: "Knowledge and memories that fit, in the order they are given in, with their sizes and scores.")
    @OptionGroup var connection: ConnectionOption
    @Option(help: ArgumentHelp("In this session (default: in a new one).", valueName: "id"), completion: LiveCompletion.sessions)
    var session: String?
    @Option(help: ArgumentHelp("What there is room for (default: 16 KiB).", valueName: "bytes")) var maxBytes: UInt32 = 0
    @Argument(help: "The question.") var question: String
    @OptionGroup(title: "Global options") var options: GlobalOptions

    func run(_ server: ServerLink, _ printer: Printer) async throws {
      var request = BackgroundRequest()
      request.dbConnectionId = try await connection.resolved(by: server, scope: session)
      request.sessionId = session ?? ""
      (request.question, request.maxBytes) = (question, maxBytes)
      let background = try await server.call(Methods.knowledgeBackground, request)
      if printer.form.isJSON { return printer.json(background.json()) }
      printer.rows(
        background.pieces,
        [
          .text("SOURCE") { $0.source },
          ListColumn(title: "SCORE", alignment: .right) { piece, _ in Quantities.figure(piece.score) },
          .bytes("SIZE") { UInt64($0.text.utf8.count) }, .text("TEXT", shrinks: true) { $0.text },
        ])
      printer.say(
        background.pieces.isEmpty
          ? "nothing that was taught fits"
          : "\(Quantities.count(UInt64(background.pieces.count), "piece")), \(Quantities.bytes(background.bytes))", .dim)
      for source in background.omitted { printer.warn("no room for \(source)") }
    }
  }

  struct Export: ServerCommand {
    static let configuration = CommandConfiguration(
      abstract: "Write memories as JSON Lines, one a line, to a file or to stdout.",
      discussion: "What 'kaictl memory import' reads, on this server or another.")
    @OptionGroup var connection: ConnectionOption
    @Option(help: ArgumentHelp("'shared' or a session's id (default: all).", valueName: "scope")) var scope: String?
    @Option(help: "Only this namespace and what is below it.") var namespace: String?
    @Option(help: ArgumentHelp("Where to write; stdout when left out.", valueName: "path")) var file: String?
    @Flag(help: "Write over the file.") var force = false
    @OptionGroup(title: "Global options") var options: GlobalOptions

    func run(_ server: ServerLink, _ printer: Printer) async throws {
      var request = MemoryListRequest()
      request.dbConnectionId = try await connection.resolved(by: server, scope: scope)
      request.scope = scope
      request.namespace = namespace ?? ""
      let target = try file.map { (path) throws(WireError) in try AtomicFile(path: path, mode: 0o600) }
      var count: UInt64 = 0
      var cursor = ""
      repeat {
        request.page = Page(limit: Limits.listMax, cursor: cursor)
        let list = try await server.call(Methods.memoryList, request)
        for memory in list.memories {
          let line = memory.json().text() + "\n"
          if let target { try target.write(ByteBuffer(string: line)) } else { printer.out.write(line) }
        }
        count += UInt64(list.memories.count)
        cursor = list.nextCursor
      } while !cursor.isEmpty
      try target?.commit(overwrite: force)
      printer.say("exported \(Quantities.count(count, "memory", plural: "memories"))", .dim)
    }
  }

  struct Import: ServerCommand {
    static let configuration = CommandConfiguration(
      abstract: "Take over memories that 'export' wrote, from a file or from stdin ('-').",
      discussion: "What is here already at the same or a later time stays: a repeat changes nothing.")
    @OptionGroup var connection: ConnectionOption
    @Argument(help: "The file; - for stdin.") var file: String
    @OptionGroup(title: "Global options") var options: GlobalOptions

    private static let batch = 200

    func run(_ server: ServerLink, _ printer: Printer) async throws {
      var total = MemoryImported()
      var request = MemoryImportRequest()
      request.dbConnectionId = try await connection.resolved(by: server)
      func send() async throws(WireError) {
        guard !request.memories.isEmpty else { return }
        let imported = try await server.call(Methods.memoryImport, request)
        total.added += imported.added
        total.updated += imported.updated
        total.unchanged += imported.unchanged
        request.memories = []
      }
      var bytes = 0
      var reader = try LineReader(path: file)
      defer { reader.close() }
      var number = 0
      while let line = try reader.next() {
        number += 1
        if line.allSatisfy(\.isWhitespace) { continue }
        request.memories.append(try Self.memory(line, number: number, of: file))
        bytes += line.utf8.count
        if request.memories.count >= Self.batch || bytes > Limits.textBytes {
          try await send()
          bytes = 0
        }
      }
      try await send()
      printer.object(total, id: "\(total.added + total.updated)")
      printer.say("added \(total.added), updated \(total.updated), unchanged \(total.unchanged)", .dim)
    }

    private static func memory(_ line: String, number: Int, of file: String) throws(WireError) -> Memory {
      do {
        return try Memory(json: JSONValue(parsing: line))
      } catch {
        throw WireError(.usage, "line \(number) of '\(file)' is no memory: \((error as? WireError)?.message ?? "\(error)")")
      }
    }
  }
}
