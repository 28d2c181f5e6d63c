import ArgumentParser
import Wire

/// The options that every command takes.
struct GlobalOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Address of kai-session; else KAI_SERVER, then the context's.", valueName: "host:port"))
  var server: String?

  @Option(help: ArgumentHelp("File with KEYID:SECRET; else KAI_KEY_FILE, then the context's.", valueName: "file"))
  var keyFile: String?

  @OptionGroup(title: "TLS") var tls: TLSOptions

  @Option(name: [.customShort("o"), .long], help: ArgumentHelp("Form of the data on stdout.", valueName: "form"))
  var output: OutputForm = .table

  @Option(help: ArgumentHelp("How long to wait, such as 500ms, 30s, 5m.", valueName: "time"))
  var timeout: TimeSpan?

  @Flag(name: [.customShort("y"), .long], help: "Do not ask before something that cannot be undone.")
  var yes = false

  @Flag(help: "No colours; NO_COLOR in the environment says the same.")
  var noColor = false
}

/// How the line to kai-session is secured.
struct TLSOptions: ParsableArguments {
  @Flag(help: "Speak TLS; the options below say it too. Else KAI_TLS=on, then the context's.") var tls = false

  @Option(help: ArgumentHelp("The trusted authorities, in PEM; else KAI_TLS_CA, then the system's.", valueName: "file"))
  var tlsCa: String?

  @Option(help: ArgumentHelp("The SHA-256 of the server's certificate, in hex; else KAI_TLS_PIN.", valueName: "hex"))
  var tlsPin: String?

  @Option(help: ArgumentHelp("The name in the certificate; else KAI_TLS_NAME, then the host.", valueName: "name"))
  var tlsName: String?

  @Option(help: ArgumentHelp("Your own certificate, in PEM; else KAI_TLS_CERT.", valueName: "file")) var tlsCert: String?

  @Option(help: ArgumentHelp("Its key, in PEM; else KAI_TLS_KEY.", valueName: "file")) var tlsKey: String?

  /// What the options, then the environment, then a context say.
  func wishes(_ set: (String) -> String?, context: ClientTLS.Wishes?) -> ClientTLS.Wishes {
    var wishes = ClientTLS.Wishes()
    wishes.on = tls || ["on", "true", "1"].contains(set("KAI_TLS") ?? "") || context?.on ?? false
    wishes.ca = tlsCa ?? set("KAI_TLS_CA") ?? context?.ca
    wishes.pin = tlsPin ?? set("KAI_TLS_PIN") ?? context?.pin
    wishes.name = tlsName ?? set("KAI_TLS_NAME") ?? context?.name
    wishes.certificate = tlsCert ?? set("KAI_TLS_CERT") ?? context?.certificate
    wishes.key = tlsKey ?? set("KAI_TLS_KEY") ?? context?.key
    return wishes
  }
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
