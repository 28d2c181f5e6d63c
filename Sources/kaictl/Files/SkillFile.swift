import Glibc
import Wire

/// A skill as a file: front matter between two lines of `---`, and Markdown.
enum SkillFile {
  static let name = "SKILL.md"
  private static let depth = 4

  /// The skill of a file, or those of every `SKILL.md` in a folder and below it.
  /// - Throws: `local_io`; `usage` for a file without front matter, and for a folder without a skill.
  static func read(_ path: String) throws(WireError) -> [Knowledge] {
    guard LocalFile.isFolder(path) else { return [try parse(try LocalFile.readText(path), path)] }
    let files = try files(below: path, depth: depth)
    guard !files.isEmpty else { throw WireError(.usage, "there is no \(name) in '\(path)'") }
    var skills: [Knowledge] = []
    for file in files { skills.append(try parse(try LocalFile.readText(file), file)) }
    return skills
  }

  private static func files(below folder: String, depth: Int) throws(WireError) -> [String] {
    var files: [String] = []
    for entry in try LocalFile.entries(of: folder) where !entry.hasPrefix(".") {
      let path = folder + "/" + entry
      if LocalFile.isFolder(path) {
        if depth > 0 { files += try self.files(below: path, depth: depth - 1) }
      } else if entry == name {
        files.append(path)
      }
    }
    return files
  }

  static func parse(_ text: String, _ path: String) throws(WireError) -> Knowledge {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      line.last == "\r" ? line.dropLast() : line
    }
    guard lines.first == "---", let end = lines.dropFirst().firstIndex(of: "---") else {
      throw WireError(
        .usage, "'\(path)' has no front matter",
        hint: "It begins with a line '---', then 'name: …' and 'description: …', then '---'.")
    }
    var skill = Knowledge()
    skill.kind = .skill
    var list: [String] = []
    for line in lines[1..<end] {
      if line.hasPrefix("  - ") || line.hasPrefix("- ") {
        list.append(plain(line.drop { $0 == " " || $0 == "-" }))
        skill.tags = list
        continue
      }
      guard let colon = line.firstIndex(of: ":") else { continue }
      let value = line[line.index(after: colon)...]
      switch line[..<colon] {
      case "name": skill.name = plain(value)
      case "description": skill.description = plain(value)
      case "category": skill.category = plain(value)
      case "tags":
        skill.tags = value.filter { $0 != "[" && $0 != "]" }.split(separator: ",").map { plain(Substring($0)) }.filter {
          !$0.isEmpty
        }
      default: break
      }
    }
    guard !skill.name.isEmpty else { throw WireError(.usage, "the front matter of '\(path)' has no name") }
    skill.text = plain(Substring(lines[(end + 1)...].joined(separator: "\n")))
    return skill
  }

  /// Without white space and quotes around it.
  private static func plain(_ text: Substring) -> String {
    var text = text.drop { $0.isWhitespace }
    while let last = text.last, last.isWhitespace { text.removeLast() }
    if text.count > 1, let first = text.first, first == text.last, first == "\"" || first == "'" {
      text = text.dropFirst().dropLast()
    }
    return String(text)
  }
}

extension LocalFile {
  static func isFolder(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  /// The names in a folder, sorted.
  static func entries(of folder: String) throws(WireError) -> [String] {
    guard let handle = opendir(folder) else { throw failure("read", folder) }
    defer { closedir(handle) }
    var names: [String] = []
    while let entry = readdir(handle) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
  }
}
