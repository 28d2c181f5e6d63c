import Foundation
import JSON
import Testing

/// Many things at once: by filter, from stdin, with a preview, and what a shell completes.
@Suite struct BatchTests {
  @Test func thingsAreChosenByFilterAndFromStdin() async throws {
    let deployment = try await Deployment()
    try await deployment.addShop()
    var ids: [String] = []
    for title in ["draft one", "draft two", "final"] {
      ids.append(try await deployment.ctl("session", "create", "-c", "shop", "--title", title, "-o", "ids").expectSuccess().line)
    }
    let drafts = try await deployment.ctl("session", "list", "--filter", "title~draft and age<1h", "-o", "ids").expectSuccess()
    #expect(drafts.line.split(separator: "\n").map(String.init) == [ids[1], ids[0]])
    #expect(try await deployment.ctl("session", "list", "--filter", "title~draft", "--limit", "1", "-o", "ids").line == ids[1])
    // Nothing is done, and what would be is data.
    let preview = try await deployment.ctl("session", "delete", "--filter", "title~draft", "--dry-run").expectSuccess()
    #expect(preview.line == drafts.line && preview.errors.contains("would delete 2 sessions"))
    #expect(try await deployment.json("session", "list")["total"]?.integer == 3)
    // What a filter found is asked about, also where one that is named is not.
    #expect(try await deployment.ctl("session", "pause", "--filter", "title~draft").status == 2)
    try await deployment.ctl("session", "pause", "--filter", "title~draft", "-y").expectSuccess()
    #expect(try await deployment.json("session", "get", ids[0])["status"]?.string == "paused")
    #expect(try await deployment.json("session", "get", ids[2])["status"]?.string == "active")
    let nothing = try await deployment.ctl("session", "resume", "--filter", "title=nothing", "-y").expectSuccess()
    #expect(nothing.output.isEmpty && nothing.errors.contains("no session"))
    // A table and a list of ids both begin with the id.
    let table = "\(ids[0])  paused  shop\n\n  \(ids[1])\n\(ids[0])\n"
    let resumed = try await deployment.run(["session", "resume", "-"], input: table).expectSuccess()
    #expect(resumed.line.split(separator: "\n").map(String.init) == [ids[0], ids[1]])
    #expect(
      try await deployment.ctl("session", "list", "--filter", "stauts=active").errors.contains("there is no field 'stauts'"))
    let deleted = try await deployment.run(["session", "delete", "-", "-y", "-o", "json"], input: drafts.output).expectSuccess()
    #expect(try JSONValue(parsing: deleted.output).array?.count == 2)
    #expect(try await deployment.json("session", "list")["total"]?.integer == 1)
  }

  @Test func waitingIsForWhateverHolds() async throws {
    let deployment = try await Deployment()
    try await deployment.addShop()
    let session = try await deployment.ctl("session", "create", "-c", "shop", "-o", "ids").expectSuccess().line
    let task = try await deployment.ctl("task", "submit", "--session", session, "how many customers are there?").expectSuccess()
      .line
    #expect(try await deployment.ctl("task", "wait", task, "--for", "running", "--timeout", "300ms").status == 7)
    async let waited = deployment.ctl("task", "wait", task, "--for", "attempt>0", "-o", "json")
    try await deployment.startNode("n1")
    #expect(try await waited.expectSuccess().output.contains(task))
    try await deployment.ctl("task", "wait", task, "--timeout", "60s").expectSuccess()
    // It has ended, and will never run again.
    let missed = try await deployment.ctl("task", "wait", task, "--for", "running")
    #expect(missed.status == 9 && missed.errors.contains("never held"), "\(missed)")
    try await deployment.ctl("task", "wait", task, "--for", "completed").expectSuccess()
  }

  @Test func shellsCompleteLiveIds() async throws {
    let deployment = try await Deployment()
    try await deployment.addShop()
    let session = try await deployment.ctl("session", "create", "-c", "shop", "-o", "ids").expectSuccess().line
    for shell in ["bash", "zsh", "fish"] {
      let script = try await deployment.ctl("completion", shell).expectSuccess().output
      #expect(script.contains("---completion"), "\(shell) asks kaictl itself")
    }
    func complete(_ words: [String], _ argument: String) async throws -> String {
      try await deployment.run(["---completion"] + words + ["--", argument, "0", "0", ""]).output
    }
    #expect(try await complete(["session", "get"], "positional@0").contains(session))
    #expect(try await complete(["ask"], "--connection").contains("shop"))
    // A real bash, with what it hands to a completion at TAB.
    let file = deployment.folder.file("completion.bash")
    try await deployment.ctl("completion", "bash").expectSuccess().output.write(toFile: file, atomically: true, encoding: .utf8)
    let bash = """
      source "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT=${#COMP_LINE}
      _kaictl kaictl "${COMP_WORDS[-1]}" "${COMP_WORDS[-2]}"; printf '%s\\n' "${COMPREPLY[@]}"
      """
    for (words, found) in [
      (["session", "get", "sess_"], session), (["ses"], "session"), (["ask", "--connection", "sh"], "shop"),
      (["task", "list", "--stat"], "--status"),
    ] {
      let offered = try await CommandResult.run(
        "/bin/bash", ["--norc", "-c", bash, file, "kaictl"] + words,
        environment: deployment.environment.merging(["PATH": Binaries.folder.path + ":/usr/bin:/bin"]) { $1 }
      ).expectSuccess()
      #expect(offered.line == found, "\(offered.errors)")
    }
    // Without a service there is nothing to offer, and nothing to say.
    try await deployment.session.value?.killNow()
    let silent = try await deployment.run(["---completion", "session", "get", "--", "positional@0", "0", "0", ""])
    #expect(silent.line.isEmpty, "\(silent)")
  }
}
