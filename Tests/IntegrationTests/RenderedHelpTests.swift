import Foundation
import Testing

/// docs/CONFIGURATION.md says what the programs say. With KAI_RENDER=1 in the environment it is written, else compared.
@Suite struct RenderedFilesOfProgramsTests {
  @Test func configurationIsWhatTheProgramsSay() async throws {
    var text = """
      # Configuration

      Rendered from the programs by `script/render`; a test compares the two. A flag on the command line counts before its variable.

      """
    for (program, prefix) in [("kai-session", "KAI_SESSION_"), ("kai-agent", "KAI_AGENT_")] {
      let help = try await CommandResult.run(program, ["--help"], environment: ["COLUMNS": "120"]).expectSuccess().output
      text += "\n## \(program)\n\n| flag | variable |\n|---|---|\n"
      for name in Self.flags(help) {
        let variable = prefix + name.uppercased().split(separator: "-").joined(separator: "_")
        text += "| `--\(name)` | `\(variable)` |\n"
      }
      text +=
        "\n```\n"
        + help.split(separator: "\n", omittingEmptySubsequences: false).map { line in
          String(line.reversed().drop { $0 == " " }.reversed())
        }.joined(separator: "\n").trimmingCharacters(in: .newlines) + "\n```\n"
    }
    let path = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../docs/CONFIGURATION.md").standardized
      .path
    if ProcessInfo.processInfo.environment["KAI_RENDER"] == "1" {
      try text.write(toFile: path, atomically: true, encoding: .utf8)
    }
    let stored = try String(contentsOfFile: path, encoding: .utf8)
    #expect(stored == text, "run script/render")
  }

  /// Those with a variable: all but what one says once.
  private static func flags(_ help: String) -> [String] {
    let once: Set = ["help", "version", "probe", "rotate-master-key", "new-master-key-file", "revoke-all-but"]
    return help.split(separator: "\n").compactMap { line in
      let words = line.split(separator: " ")
      guard line.hasPrefix("  --"), let first = words.first else { return nil }
      let name = String(first.dropFirst(2))
      return once.contains(name) ? nil : name
    }
  }
}
