import AgentService
import ArgumentParser
import ServiceLaunch
import Wire

@main
struct Program: AsyncParsableCommand {
  static let configuration = AgentProgram.configuration(
    "kai-agent", abstract: "An execution node: runs tasks that kai-session gives it; holds nothing durable.")

  @OptionGroup var options: AgentOptions

  static func main() async { await launch() }

  func run() async throws {
    do throws(WireError) {
      try await AgentProgram.run(options, environment: Environment.variable)
    } catch {
      throw Self.complain(error)
    }
  }
}
