import ArgumentParser
import Wire

/// The root of the command tree.
struct Kaictl: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "kaictl",
    abstract: "Ask questions about your databases, and look after the service that answers them.",
    discussion: """
      Try it, with 'kaictl dev' running in another terminal:

        kaictl connection create --alias demo --uri sqlite:///absolute/path.db
        kaictl ask "how many orders by month?"

      Data goes to stdout, talk to stderr; -o table|wide|json|jsonl|ids chooses
      the form of the data.

      Exit codes: 0 ok, 1 other, 2 usage, 3 not allowed, 4 not found,
      5 conflict, 6 unavailable, 7 timeout, 8 some of a batch failed,
      9 the awaited task failed, 130 interrupted.
      """,
    version: Release.version,
    groupedSubcommands: [
      CommandGroup(name: "Use", subcommands: [AskCommand.self, DevCommand.self]),
      CommandGroup(
        name: "Data",
        subcommands: [
          ConnectionCommand.self, SessionCommand.self, CheckpointCommand.self, TaskCommand.self, MemoryCommand.self,
          KnowledgeCommand.self, BlockCommand.self,
          ArtifactCommand.self,
        ]),
      CommandGroup(
        name: "Service",
        subcommands: [
          TopCommand.self, NodeCommand.self, KeyCommand.self, ServerCommands.self, BackupCommand.self, BenchCommand.self,
        ]),
      CommandGroup(
        name: "Help",
        subcommands: [
          DoctorCommand.self, ExplainCommand.self, ContextCommand.self, CompletionCommand.self, ManualCommand.self,
        ]),
    ])
}
