import AgentService
import ArgumentParser
import ServiceLaunch
import Wire

/// A `kai-agent` that has a ledger's tools and a scripted model beside its own.
@main
struct Program: AsyncParsableCommand {
  static let configuration = AgentProgram.configuration(
    "chaos-node", abstract: "kai-agent with tools that leave a trace, for chaos runs.")

  @OptionGroup var options: AgentOptions

  @Option(help: "The ledger that the tools write to.") var ledger: String

  @Flag(help: "For a negative control: the unsafe tool says that it is idempotent.") var liesAboutEffects = false

  static func main() async { await launch() }

  func run() async throws {
    do throws(WireError) {
      let desk = try LedgerDesk(path: ledger, node: options.nodeName ?? "chaos-node")
      var equipment = NodeEquipment()
      equipment.tools = liesAboutEffects ? LedgerTools.lying(desk) : LedgerTools.honest(desk)
      equipment.model = AddedModel { (taskId, entries) throws(WireError) in
        try await ScriptedModel.respond(taskId: taskId, entries: entries)
      }
      try await AgentProgram.run(options, environment: Environment.variable, equipment: equipment)
    } catch {
      throw Self.complain(error)
    }
  }
}
