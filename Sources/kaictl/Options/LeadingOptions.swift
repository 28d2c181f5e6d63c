/// Lets the global options stand before the noun: `kaictl -o json session list`.
enum LeadingOptions {
  private static let withValue: Set<String> = ["--server", "--key-file", "-o", "--output", "--timeout"]
  private static let flags: Set<String> = ["-y", "--yes", "--no-color"]

  /// Moves the global options that stand before the first word to the end of the command, before a `--`.
  static func moved(_ arguments: [String]) -> [String] {
    var rest = arguments[...]
    var options: [String] = []
    while let option = rest.first {
      if flags.contains(option) || withValue.contains(where: { $0.hasPrefix("--") && option.hasPrefix($0 + "=") }) {
        options.append(rest.removeFirst())
      } else if withValue.contains(option), rest.count >= 2 {
        options += rest.prefix(2)
        rest = rest.dropFirst(2)
      } else {
        break
      }
    }
    guard !rest.isEmpty else { return arguments }
    let end = rest.firstIndex(of: "--") ?? rest.endIndex
    return Array(rest[..<end]) + options + Array(rest[end...])
  }
}
