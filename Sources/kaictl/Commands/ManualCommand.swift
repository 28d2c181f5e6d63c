import ArgumentParser
import JSON
import NIOCore
import Wire

/// `kaictl manual`: the manual pages, for `man` to find.
struct ManualCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "manual", abstract: "Write the manual pages of kaictl into a folder.",
    discussion: "Example: kaictl manual ~/.local/share/man/man1, then: man kaictl-session")
  @Argument(help: "The folder; it is made.", completion: .directory) var folder: String
  @OptionGroup(title: "Global options") var options: GlobalOptions

  func run() async throws {
    let pages: ManualPages
    do throws(JSONError) { pages = try ManualPages(help: Kaictl._dumpHelp(), version: Release.version) } catch {
      throw WireError(.internalError, "the command line cannot be described: \(error)")
    }
    try LocalFile.makeFolder(folder, mode: 0o755)
    for page in pages.pages {
      try AtomicFile.write(page.text, to: folder + "/" + page.name, mode: 0o644, overwrite: true)
      Printer(options).line(folder + "/" + page.name)
    }
  }
}
