import ArgumentParser

struct CompletionCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "completion", abstract: "Print the completion script of a shell.",
    discussion: "Example: kaictl completion bash > ~/.local/share/bash-completion/completions/kaictl")

  enum Shell: String, ExpressibleByArgument, CaseIterable {
    case bash, zsh, fish
  }

  @Argument(help: "bash, zsh or fish.") var shell: Shell

  func run() async throws {
    let script =
      switch shell {
      case .bash: Kaictl.completionScript(for: .bash)
      case .zsh: Kaictl.completionScript(for: .zsh)
      case .fish: Kaictl.completionScript(for: .fish)
      }
    Terminal(descriptor: 1, noColor: true).write(script + "\n")
  }
}
