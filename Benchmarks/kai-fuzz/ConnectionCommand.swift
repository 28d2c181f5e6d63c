import ArgumentParser
import WireFuzz

struct ConnectionCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "connection",
    abstract: "Senseless frames against both connection machines, and both machines against each other over a random network.")

  @OptionGroup var options: FuzzOptions

  func run() throws {
    let hostile = try HostilePeerFuzzer.run(events: options.events / 2, seed: options.seed)
    print("connection: hostile peers: \(hostile.events) events, \(hostile.connections) connections, seed \(options.seed)")
    let pair = try PairFuzzer.run(events: options.events / 2, seed: options.seed)
    print("connection: pairs: \(pair.events) events, \(pair.calls) calls, all of them ended, seed \(options.seed)")
  }
}
