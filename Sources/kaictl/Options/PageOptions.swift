import ArgumentParser
import Wire

/// Which part of a list to show.
struct PageOptions: ParsableArguments {
  @Option(help: ArgumentHelp("How many to show, 1...1000.", valueName: "n"))
  var limit: UInt32 = Limits.listDefault

  @Option(help: ArgumentHelp("Where to go on: the cursor of the page before.", valueName: "cursor"))
  var cursor: String?

  @Flag(help: "Everything, page by page.")
  var all = false

  @OptionGroup var filter: FilterOption

  func validate() throws {
    guard (1...Limits.listMax).contains(limit) else {
      throw ValidationError("--limit must be 1...\(Limits.listMax), not \(limit)")
    }
    if all, cursor != nil { throw ValidationError("--all and --cursor exclude each other") }
  }
}
