import ArgumentParser

/// The options that every command takes.
struct GlobalOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Address of kai-session; else KAI_SERVER, then the context's.", valueName: "host:port"))
  var server: String?

  @Option(help: ArgumentHelp("File with KEYID:SECRET; else KAI_KEY_FILE, then the context's.", valueName: "file"))
  var keyFile: String?

  @Option(name: [.customShort("o"), .long], help: ArgumentHelp("Form of the data on stdout.", valueName: "form"))
  var output: OutputForm = .table

  @Option(help: ArgumentHelp("How long to wait, such as 500ms, 30s, 5m.", valueName: "time"))
  var timeout: TimeSpan?

  @Flag(name: [.customShort("y"), .long], help: "Do not ask before something that cannot be undone.")
  var yes = false

  @Flag(help: "No colours; NO_COLOR in the environment says the same.")
  var noColor = false
}

/// How data is written on stdout.
enum OutputForm: String, ExpressibleByArgument, CaseIterable {
  /// For people: what matters, times as "3 m ago".
  case table
  /// For people: everything, times in full.
  case wide
  /// One JSON value.
  case json
  /// One JSON object a line.
  case jsonl
  /// One id a line.
  case ids

  var isJSON: Bool { self == .json || self == .jsonl }
}
