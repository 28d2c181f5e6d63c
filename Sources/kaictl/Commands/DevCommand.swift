import ArgumentParser
import Wire

struct DevCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dev", abstract: "Run kai-session and one kai-agent in the foreground: the way to try it.",
    discussion: "Ctrl-C stops both; the data stays.")

  @Option(help: ArgumentHelp("Tasks at once, 1...10000.", valueName: "n")) var slots: UInt32 = 8
  @Option(help: ArgumentHelp("offline, openai:MODEL or anthropic:MODEL.", valueName: "spec")) var model = "offline"
  @Option(help: ArgumentHelp("Base address of the model's server.", valueName: "url")) var modelUrl: String?
  @Option(help: ArgumentHelp("File with the key of the model's server.", valueName: "file")) var modelKeyFile: String?
  @Option(help: ArgumentHelp("Where everything is kept.", valueName: "folder")) var data = DevSettings.defaultData
  @Option(help: ArgumentHelp("Where the agent keeps its working files (default: ./agent_results).", valueName: "folder"))
  var results: String?
  @Option(help: ArgumentHelp("Where kai-session listens; port 0 lets the system choose.", valueName: "host:port"))
  var listen = Target.localServer
  @Flag(help: "No colours.") var noColor = false

  func validate() throws {
    guard (1...10_000).contains(slots) else { throw ValidationError("--slots must be 1...10000, not \(slots)") }
  }

  func run() async throws {
    var settings = DevSettings()
    settings.slots = slots
    settings.model = model
    settings.modelURL = modelUrl
    settings.modelKeyFile = modelKeyFile
    settings.data = data
    settings.results = results
    settings.listen = listen
    try await DevServices.run(settings, Printer(noColor: noColor))
  }
}
