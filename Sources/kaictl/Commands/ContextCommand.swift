import ArgumentParser
import JSON
import Wire

struct ContextCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "context", abstract: "Names for servers, so that --server and --key-file need not be written.",
    subcommands: [Add.self, Use.self, List.self, Remove.self])

  struct Add: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Give a server a name, or change what the name means; the first becomes the current one.",
      discussion: "Example: kaictl context add office --server kai.example:7411 --key-file ~/office.key")
    @Argument(help: "The name.") var name: String
    @OptionGroup(title: "Global options") var options: GlobalOptions

    func validate() throws {
      if options.server == nil { throw ValidationError("give --server") }
    }

    func run() async throws {
      let printer = Printer(options)
      let server = try ServerAddress(options.server ?? "")
      if let path = options.keyFile {
        _ = try KeyFile(path: path)
        if let warning = KeyFile.warning(path: path) { printer.warn(warning) }
      }
      var wishes = options.tls.wishes({ _ in nil }, context: nil)
      let isSecured = try wishes.tls() != nil
      (wishes.ca, wishes.certificate, wishes.key) =
        (wishes.ca.map(LocalFile.absolute), wishes.certificate.map(LocalFile.absolute), wishes.key.map(LocalFile.absolute))
      var contexts = try Contexts.load()
      contexts.put(
        Contexts.Entry(
          name: name, server: "\(server)", keyFile: options.keyFile.map { LocalFile.absolute($0) },
          tls: isSecured ? wishes : nil))
      try contexts.save()
      printer.line(name)
    }
  }

  struct Use: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Make a context the current one.")
    @Argument(help: "The name.") var name: String
    @OptionGroup(title: "Global options") var options: GlobalOptions

    func run() async throws {
      var contexts = try Contexts.load()
      try contexts.use(name)
      try contexts.save()
      Printer(options).line(name)
    }
  }

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List the contexts; '*' marks the current one.")
    @OptionGroup(title: "Global options") var options: GlobalOptions

    func run() async throws {
      let contexts = try Contexts.load()
      let printer = Printer(options)
      switch printer.form {
      case .json: printer.json(contexts.json)
      case .jsonl: for entry in contexts.json["contexts"]?.array ?? [] { printer.json(entry) }
      case .ids: for entry in contexts.entries { printer.line(entry.name) }
      case .table, .wide:
        printer.rows(
          contexts.entries,
          [
            .text("") { $0.name == contexts.current ? "*" : "" }, .text("NAME") { $0.name },
            .text("SERVER") { $0.server }, .text("TLS") { $0.tls == nil ? "" : "yes" },
            .text("KEY FILE", shrinks: true) { $0.keyFile ?? "" },
          ])
        if contexts.entries.isEmpty { printer.say("there are no contexts; see 'kaictl context add --help'", .dim) }
      }
    }
  }

  struct Remove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Forget a name; the key file stays.")
    @Argument(help: "The name.") var name: String
    @OptionGroup(title: "Global options") var options: GlobalOptions

    func run() async throws {
      var contexts = try Contexts.load()
      try contexts.remove(name)
      try contexts.save()
      Printer(options).say("removed \(name)", .dim)
    }
  }
}
