import ArgumentParser
import JSON
import Wire

/// What the service does now, on one page.
struct TopCommand: WatchableCommand {
  static let configuration = CommandConfiguration(
    commandName: "top", abstract: "Show what runs, what waits and who works; with -w again and again.")
  @OptionGroup var watching: WatchOptions
  @OptionGroup(title: "Global options") var options: GlobalOptions

  private static let shown: UInt32 = 20

  func run(_ server: ServerLink, _ printer: Printer) async throws {
    let info = try await server.call(Methods.serverInfo, Empty())
    let nodes = try await server.call(Methods.nodeList, Empty()).nodes
    var tasks: [TaskRecord] = []
    var counts: [(label: String, value: String)] = []
    for status in [TaskStatus.running, .queued, .waiting] {
      let list = try await server.call(
        Methods.taskList, .with { ($0.status, $0.page) = (status, Page(limit: Self.shown)) })
      tasks += list.tasks
      counts.append((status.label, "\(list.total)"))
    }
    if printer.form.isJSON {
      printer.json([
        "server": info.json(), "nodes": .array(nodes.map { $0.json() }), "tasks": .array(tasks.map { $0.json() }),
        "counts": .object(counts.map { .init($0.label, .integer(Int64($0.value) ?? 0)) }),
      ])
      return
    }
    if printer.form == .ids {
      for task in tasks { printer.line(task.id) }
      return
    }
    let slots = nodes.reduce(UInt64(0)) { $0 + UInt64($1.slots) }
    let busy = nodes.reduce(UInt64(0)) { $0 + UInt64($1.busy) }
    printer.line(
      "\(info.serverId)  \(info.version)  started \(printer.time(info.startedAt))  "
        + counts.map { "\($0.value) \($0.label)" }.joined(separator: ", ")
        + "  \(busy) of \(Quantities.count(slots, "slot")) busy")
    printer.line("")
    printer.rows(
      nodes,
      [
        .text("NODE") { $0.name }, .text("STATUS") { $0.status.label },
        ListColumn(title: "BUSY", alignment: .right) { node, _ in "\(node.busy)/\(node.slots)" },
        .text("MODEL", shrinks: true) { $0.model }, .time("SEEN") { $0.lastSeenAt },
      ])
    if tasks.isEmpty { return }
    printer.line("")
    let names = Dictionary(nodes.map { ($0.id, $0.name) }) { first, _ in first }
    printer.rows(
      tasks,
      [
        .text("TASK") { $0.id }, .text("STATUS") { $0.status.label }, .text("NODE") { names[$0.nodeId] ?? "" },
        .time("CREATED") { $0.createdAt }, .time("STARTED") { $0.startedAt }, .text("PROMPT", shrinks: true) { $0.prompt },
      ])
  }
}
