import JSON

/// Manual pages in the language of `man(7)`: one for kaictl, and one for each noun with its verbs.
struct ManualPages {
  private let root: JSONValue
  private let version: String
  /// What every command takes is told once, in kaictl(1).
  private static let everywhere: Set = ["Global options", "TLS"]

  /// - Parameter help: what the command line's parser knows of it, as it prints it for programs.
  init(help: String, version: String) throws(JSONError) {
    root = try JSONValue(parsing: help)["command"] ?? .null
    self.version = version
  }

  /// By their names, such as `kaictl-session.1`.
  var pages: [(name: String, text: String)] {
    let nouns = shown(root["subcommands"])
    var main = head("kaictl", "kaictl", root)
    main += section("SYNOPSIS") + ".B kaictl\n.I command\n[options]\n"
    main += section("DESCRIPTION") + paragraphs(root["discussion"]?.string ?? "")
    main += section("COMMANDS")
    for noun in nouns {
      main += ".TP\n.B " + escaped("kaictl " + name(noun)) + "\n" + escaped(noun["abstract"]?.string ?? "") + "\n"
    }
    main += section("OPTIONS OF EVERY COMMAND")
    // Any command has them.
    let some = nouns.first { shown($0["subcommands"]).isEmpty } ?? nouns.first ?? .null
    main += options(of: some) { Self.everywhere.contains($0) }
    main += section("EXIT STATUS") + exits + section("ENVIRONMENT") + environment
    main += section("SEE ALSO") + nouns.map { ".BR " + escaped("kaictl-" + name($0)) + " (1)" }.joined(separator: ",\n") + "\n"
    return [("kaictl.1", main)] + nouns.map { ("kaictl-\(name($0)).1", page($0)) }
  }

  private func page(_ noun: JSONValue) -> String {
    let title = "kaictl-" + name(noun)
    var text = head(title, title, noun)
    let verbs = leaves(noun, "kaictl " + name(noun))
    text += section("SYNOPSIS")
    for (path, verb) in verbs { text += ".B " + escaped(path) + "\n" + usage(verb) + "\n.br\n" }
    if let discussion = noun["discussion"]?.string { text += section("DESCRIPTION") + paragraphs(discussion) }
    for (path, verb) in verbs {
      if verbs.count > 1 { text += ".SS " + quoted(path) + "\n" + escaped(verb["abstract"]?.string ?? "") + "\n" }
      if verbs.count > 1, let discussion = verb["discussion"]?.string { text += ".PP\n" + paragraphs(discussion) }
      text += options(of: verb) { !Self.everywhere.contains($0) }
    }
    return text + section("SEE ALSO") + ".BR kaictl (1)\n"
  }

  // MARK: Parts

  private func head(_ title: String, _ name: String, _ command: JSONValue) -> String {
    ".TH " + quoted(title.uppercased()) + " 1 \"\" " + quoted("kaictl \(version)") + " KAI\n" + section("NAME")
      + escaped(name) + " \\- " + escaped(command["abstract"]?.string ?? "") + "\n"
  }

  private func section(_ title: String) -> String { ".SH " + quoted(title) + "\n" }

  private func name(_ command: JSONValue) -> String { command["commandName"]?.string ?? "" }

  private func shown(_ commands: JSONValue?) -> [JSONValue] {
    (commands?.array ?? []).filter { $0["shouldDisplay"]?.bool ?? true && $0["commandName"]?.string != "help" }
  }

  /// The commands at the ends, with their whole names.
  private func leaves(_ command: JSONValue, _ path: String) -> [(String, JSONValue)] {
    let inner = shown(command["subcommands"])
    return inner.isEmpty ? [(path, command)] : inner.flatMap { leaves($0, path + " " + name($0)) }
  }

  private func arguments(_ command: JSONValue) -> [JSONValue] {
    (command["arguments"]?.array ?? []).filter { $0["shouldDisplay"]?.bool ?? true }
  }

  private func usage(_ command: JSONValue) -> String {
    let positional = arguments(command).filter { $0["kind"]?.string == "positional" }.map { argument in
      let value = argument["valueName"]?.string ?? ""
      let name = ".I " + escaped(value + (argument["isRepeating"]?.bool ?? false ? " ..." : ""))
      return argument["isOptional"]?.bool ?? false ? "[\n" + name + "\n]" : name
    }
    return (positional + ["[options]"]).joined(separator: "\n")
  }

  private func options(of command: JSONValue, _ isWanted: (String) -> Bool) -> String {
    var text = ""
    for argument in arguments(command) where isWanted(argument["sectionTitle"]?.string ?? "") {
      let value = argument["valueName"]?.string ?? ""
      let names = (argument["names"]?.array ?? []).map { name in
        (name["kind"]?.string == "short" ? "-" : "--") + (name["name"]?.string ?? "")
      }
      let isOption = argument["kind"]?.string == "option"
      guard names != ["-h", "--help"], names != ["--version"], names != ["--help"] else { continue }
      text += ".TP\n"
      text +=
        names.isEmpty
        ? ".I " + escaped(value) + "\n" : ".B " + escaped(names.joined(separator: ", ") + (isOption ? " <\(value)>" : "")) + "\n"
      var help = argument["abstract"]?.string ?? ""
      if let choices = argument["allValues"]?.array?.compactMap(\.string), !choices.isEmpty {
        help += " One of: " + choices.joined(separator: ", ") + "."
      }
      text += escaped(help) + "\n"
    }
    return text
  }

  private func paragraphs(_ text: String) -> String {
    text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      // Indented lines are examples.
      line.isEmpty ? ".PP" : (line.hasPrefix("  ") ? ".br\n" : "") + escaped(String(line))
    }.joined(separator: "\n") + "\n"
  }

  private var exits: String {
    let codes = [
      (0, "ok"), (1, "another error"), (2, "usage"), (3, "not authenticated or not allowed"), (4, "not found"),
      (5, "conflict, fenced or stale"), (6, "unavailable"), (7, "timeout"), (8, "some of a batch failed"),
      (9, "the awaited task failed"),
      (130, "interrupted"),
    ]
    return codes.map { ".TP\n.B \($0.0)\n\($0.1)\n" }.joined()
  }

  private var environment: String {
    let variables = [
      ("KAI_SERVER", "the address of kai-session"), ("KAI_KEY_FILE", "the file with KEYID:SECRET"),
      ("KAI_TLS, KAI_TLS_CA, KAI_TLS_PIN, KAI_TLS_NAME, KAI_TLS_CERT, KAI_TLS_KEY", "as the options of TLS"),
      ("TRACEPARENT", "the trace (W3C) that the command belongs to"),
      ("KAI_TRACES", "where its spans go: a file, or a collector's address"), ("NO_COLOR", "no colours"),
    ]
    return variables.map { ".TP\n.B " + escaped($0.0) + "\n" + escaped($0.1) + "\n" }.joined()
  }

  // MARK: Escaping

  private func quoted(_ text: String) -> String { "\"" + escaped(text).replacing("\"", with: "\\(dq") + "\"" }

  /// A line of its own that begins with no command, and whose dashes are dashes.
  private func escaped(_ text: String) -> String {
    var line = text.replacing("\\", with: "\\e").replacing("-", with: "\\-").replacing("\n", with: " ")
    if line.hasPrefix(".") || line.hasPrefix("'") { line = "\\&" + line }
    return line
  }
}
