import ArgumentParser
import WireFuzz

struct FrameCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "frame", abstract: "Valid and damaged frames, in pieces of any size, against the frame decoder.")

  @OptionGroup var options: FuzzOptions

  func run() throws {
    let result = try FrameFuzzer.run(events: options.events, seed: options.seed)
    print("frame: \(options.events) events, \(result.frames) frames read, \(result.errors) streams refused, seed \(options.seed)")
  }
}
