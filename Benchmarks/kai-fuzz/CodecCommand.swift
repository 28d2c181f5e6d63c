import ArgumentParser
import WireFuzz

struct CodecCommand: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "codec", abstract: "The message decoder.")

  @OptionGroup var options: FuzzOptions

  func run() throws {
    let outcome = CodecFuzzer().run(events: options.events, seed: options.seed)
    print("\(outcome.accepted) accepted, \(outcome.refused) refused, \(outcome.failures.count) failures")
    for failure in outcome.failures { print("failure: \(failure)") }
    if !outcome.failures.isEmpty { throw ExitCode.failure }
  }
}
