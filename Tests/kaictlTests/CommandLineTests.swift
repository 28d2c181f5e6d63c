import ArgumentParser
import JSON
import Testing
import Wire

@testable import kaictl

@Suite struct CommandLineTests {
  /// The path of every command, such as `session create`.
  static let commands: [[String]] = {
    func paths(_ command: any ParsableCommand.Type, _ prefix: [String]) -> [[String]] {
      [prefix] + command.configuration.subcommands.flatMap { paths($0, prefix + [$0._commandName]) }
    }
    return paths(Kaictl.self, []).filter { !$0.isEmpty }
  }()

  @Test(arguments: [["5"], ["--step", "5"]]) func aStepStandsBehindItsSession(_ words: [String]) throws {
    let get = try #require(try Kaictl.parseAsRoot(["checkpoint", "get", "sess_1"] + words) as? CheckpointCommand.Get)
    #expect(get.session == "sess_1" && (get.number ?? get.step) == 5)
  }

  private func error(_ arguments: [String]) -> (any Error)? {
    do {
      _ = try Kaictl.parseAsRoot(arguments)
      return nil
    } catch {
      return error
    }
  }

  @Test func theCommandsOfTheContractExist() {
    let names = Set(Self.commands.map { $0.joined(separator: " ") })
    let contract = """
      dev,ask,connection create|list|get|update|delete,session create|list|get|update|history|fork,\
      session pause|resume|close|reopen|delete,\
      checkpoint list|get,task submit|list|get|watch|wait|cancel|retry|why,memory remember|recall|get|list|forget|history,\
      artifact list|get,node list|drain,key create|list|revoke,backup create|verify|restore,top,server info|check|stats|drain,doctor,explain,\
      session export|import,bench,manual,\
      context add|use|list|remove,completion
      """
    for entry in contract.split(separator: ",") {
      let words = entry.split(separator: " ")
      let verbs = words.count > 1 ? words[1].split(separator: "|").map { " " + $0 } : [""]
      for verb in verbs { #expect(names.contains(words[0] + verb), "\(words[0])\(verb)") }
    }
  }

  @Test(arguments: commands)
  func everyCommandHasHelpThatSucceeds(command: [String]) throws {
    // Asked for help, the parser gives a command of its own, which throws the text.
    var asked = try Kaictl.parseAsRoot(command + ["--help"])
    #expect(!(asked is any AsyncParsableCommand))
    let help = try #require(#expect(throws: (any Error).self) { try asked.run() })
    #expect(ExitStatus.code(for: help) == 0)
    #expect(Kaictl.fullMessage(for: help).contains("OVERVIEW: "), "\(command) says what it does")
  }

  @Test(arguments: commands)
  func aBadFlagIsAUsageError(command: [String]) throws {
    let bad = try #require(error(command + ["--no-such-flag"]))
    #expect(ExitStatus.code(for: bad) == 2)
    let report = try #require(ErrorReport(bad))
    #expect(report.code == .usage)
    #expect(report.hint.contains("--help"), "\(report.hint)")
  }

  @Test(arguments: [
    ["session", "lst"], ["session", "list", "--limit", "0"], ["session", "list", "--limit", "1001"],
    ["session", "list", "--all", "--cursor", "x"], ["session", "list", "--status", "asleep"], ["session", "update", "sess_1"],
    ["session", "pause"], ["session", "pause", "a", "--filter", "status=active"], ["task", "wait", "t", "--for", "status="],
    ["session", "delete", "a", "b", "--if-version", "1"], ["task", "submit", "--session", "s"],
    ["memory", "forget"], ["memory", "forget", "key", "--all"], ["memory", "remember", "key"], ["ask"],
    ["ask", "--session", "s", "--connection", "c", "q"], ["connection", "update", "a"], ["-o", "xml", "session", "list"],
    ["checkpoint", "get", "s", "5", "--step", "5"], ["checkpoint", "get", "s", "last"],
    ["session", "list", "--timeout", "soon"], ["completion", "tcsh"], ["context", "add", "x"],
  ])
  func whatMakesNoSenseIsAUsageError(arguments: [String]) throws {
    let bad = try #require(error(LeadingOptions.moved(arguments)), "\(arguments)")
    #expect(ExitStatus.code(for: bad) == 2)
  }

  @Test func globalOptionsMayStandBeforeTheNoun() throws {
    let arguments = ["-o", "json", "--server=h:1", "-y", "--timeout", "5s", "session", "list", "--limit", "3"]
    let command = try #require(try Kaictl.parseAsRoot(LeadingOptions.moved(arguments)) as? SessionCommand.List)
    #expect(command.options.output == .json)
    #expect(command.options.server == "h:1")
    #expect(command.options.yes)
    #expect(command.options.timeout == TimeSpan(milliseconds: 5_000))
    #expect(command.page.limit == 3)
  }

  @Test(
    arguments: [
      ([], []), (["-o"], ["-o"]), (["--help"], ["--help"]), (["-y", "ask", "--", "-q"], ["ask", "-y", "--", "-q"]),
      (["session", "-y"], ["session", "-y"]),
    ] as [([String], [String])])
  func onlyLeadingOptionsMove(arguments: [String], moved: [String]) {
    #expect(LeadingOptions.moved(arguments) == moved)
  }

  @Test func labelsMayBeWrittenWithDashes() throws {
    let command = try #require(
      try Kaictl.parseAsRoot(["session", "create", "-c", "a", "--mode", "full-autonomy"]) as? SessionCommand.Create)
    #expect(command.mode?.value == .fullAutonomy)
  }

  @Test(
    arguments: [
      ("500ms", 500), ("30s", 30_000), ("30", 30_000), ("1.5m", 90_000), ("2h", 7_200_000), ("1d", 86_400_000), ("0", nil),
      ("-1s", nil), ("s", nil), ("", nil), ("1e400s", nil), ("nan", nil), ("inf", nil), ("11y", nil), ("9999999999d", nil),
    ] as [(String, Int64?)])
  func timeSpansAreReadOrRefused(text: String, milliseconds: Int64?) {
    #expect(TimeSpan(argument: text)?.milliseconds == milliseconds)
  }

  @Test(
    arguments: [
      (["-o", "json"], true), (["session", "list", "--output=jsonl"], true), (["--output", "json"], true),
      (["-o", "table"], false),
      (["ask", "--", "-o", "json"], false), (["-o"], false),
    ] as [([String], Bool)])
  func anErrorIsJSONWhenTheDataWouldBe(arguments: [String], isJSON: Bool) {
    #expect(ErrorReport.wantsJSON(arguments) == isJSON)
  }

  @Test func anErrorForProgramsIsOneLineOfJSON() throws {
    let line = ErrorReport(WireError(.notFound, "no session\n'x'", hint: "look")).jsonLine
    #expect(line.hasSuffix("\n"))
    #expect(line.dropLast().allSatisfy { !$0.isNewline })
    let error = try #require(try JSONValue(parsing: line)["error"])
    #expect(
      error == ["code": 301, "name": "not_found", "message": "no session\n'x'", "hint": "look"])
  }
}
