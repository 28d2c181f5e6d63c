import ArgumentParser

@main
struct Program: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "kai-fuzz",
    abstract: "Feeds the protocol's decoders and machines with damaged input. The same seed tries the same input.",
    subcommands: [CodecCommand.self, RecodeCommand.self, FrameCommand.self, ConnectionCommand.self])
}

/// How long, and from where.
struct FuzzOptions: ParsableArguments {
  @Option(help: "How many events to run.") var events = 1_000_000
  @Option(help: "Where the random numbers begin.") var seed: UInt64 = 1
}
