import ArgumentParser
import Wire

/// A kind of thing that verbs act on, several at a time.
protocol BatchNoun {
  associatedtype List: ListMessage
  /// For people: `session`.
  static var name: String { get }
  static var completion: CompletionKind { get }
  static func everything(of server: ServerLink) async throws(WireError) -> List
}

/// Which things a verb acts on: those that are named, those that come on stdin, or all that a filter finds.
struct BatchSelection<Noun: BatchNoun>: ParsableArguments {
  @Argument(help: "Their ids; '-' reads them from stdin, one a line.", completion: Noun.completion) var ids: [String] = []
  @OptionGroup var filter: FilterOption
  @Flag(help: "Say what would be done, and do nothing.") var dryRun = false

  func validate() throws {
    if ids.isEmpty, filter.filter == nil { throw ValidationError("name a \(Noun.name), or '-' for stdin, or give --filter") }
    if !ids.isEmpty, filter.filter != nil { throw ValidationError("ids and --filter exclude each other") }
  }

  /// Whether it is about one thing that was named.
  var isOne: Bool { ids.count == 1 && ids[0] != "-" }

  /// The ids, each once, after the preview: with `--dry-run` it is all that happens.
  /// - Parameters:
  ///   - verb: `Delete`, for the question.
  ///   - isDestructive: ask in any case; else only for what a filter found.
  /// - Returns: nil when nothing is to be done.
  /// - Throws: `usage` or `cancelled`, as ``Printer/confirm(_:)``.
  func resolved(
    _ verb: String, isDestructive: Bool = false, _ note: String = "", by server: ServerLink, _ printer: Printer
  ) async throws(WireError) -> [String]? {
    let found = try await selected(by: server)
    let what = Quantities.count(UInt64(found.count), Noun.name)
    if dryRun {
      for id in found { printer.line(id) }
      printer.say("would \(verb.lowercased()) \(what)\(note)", .dim)
      return nil
    }
    guard !found.isEmpty else {
      printer.say("no \(Noun.name) to \(verb.lowercased())", .dim)
      return nil
    }
    if isDestructive || filter.filter != nil {
      let shown = found.prefix(5).joined(separator: ", ") + (found.count > 5 ? " and \(found.count - 5) more" : "")
      try printer.confirm("\(verb) \(what)\(note)? \(shown)")
    }
    return found
  }

  private func selected(by server: ServerLink) async throws(WireError) -> [String] {
    if filter.filter != nil {
      return try filter.apply(to: try await Noun.everything(of: server)).rows.map { Noun.List.id(of: $0) }
    }
    var seen = Set<String>()
    var all: [String] = []
    for id in ids {
      guard id == "-" else {
        if seen.insert(id).inserted { all.append(id) }
        continue
      }
      while let line = readLine() {
        // The first word: what a table or a list of ids begins with.
        guard let id = line.split(whereSeparator: \.isWhitespace).first.map({ String($0) }) else { continue }
        if seen.insert(id).inserted { all.append(id) }
      }
    }
    return all
  }
}

enum SessionNoun: BatchNoun {
  static let name = "session"
  static var completion: CompletionKind { LiveCompletion.sessions }
  static func everything(of server: ServerLink) async throws(WireError) -> SessionList {
    try await server.everything(Methods.sessionList, SessionListRequest())
  }
}

enum TaskNoun: BatchNoun {
  static let name = "task"
  static var completion: CompletionKind { LiveCompletion.tasks }
  static func everything(of server: ServerLink) async throws(WireError) -> TaskList {
    try await server.everything(Methods.taskList, TaskListRequest())
  }
}

enum ConnectionNoun: BatchNoun {
  static let name = "connection"
  static var completion: CompletionKind { LiveCompletion.connections }
  static func everything(of server: ServerLink) async throws(WireError) -> ConnectionList {
    try await server.everything(Methods.connectionList, ConnectionListRequest())
  }
}

enum NodeNoun: BatchNoun {
  static let name = "node"
  static var completion: CompletionKind { LiveCompletion.nodes }
  static func everything(of server: ServerLink) async throws(WireError) -> NodeList {
    try await server.call(Methods.nodeList, Empty())
  }
}

enum KeyNoun: BatchNoun {
  static let name = "key"
  static var completion: CompletionKind { LiveCompletion.keys }
  static func everything(of server: ServerLink) async throws(WireError) -> KeyList {
    try await server.call(Methods.keyList, Empty())
  }
}
