import JSON
import Wire

/// The servers that the user has given names, in `~/.config/kai/contexts.json` (or below `XDG_CONFIG_HOME`).
struct Contexts: Equatable {
  struct Entry: Equatable {
    var name: String
    var server: String
    /// Absolute.
    var keyFile: String?
    /// Its files are absolute.
    var tls: ClientTLS.Wishes?
  }

  var current: String?
  var entries: [Entry] = []

  var currentEntry: Entry? { entries.first { $0.name == current } }

  static var path: String? {
    if let folder = Environment["XDG_CONFIG_HOME"], folder.hasPrefix("/") { return folder + "/kai/contexts.json" }
    return Environment["HOME"].map { $0 + "/.config/kai/contexts.json" }
  }

  /// What the file says; nothing when there is none.
  static func load() throws(WireError) -> Contexts {
    guard let path, LocalFile.exists(path) else { return Contexts() }
    return try Contexts(text: try LocalFile.readText(path), path: path)
  }

  init() {}

  init(text: String, path: String) throws(WireError) {
    let damaged = WireError(.localIo, "'\(path)' is damaged", hint: "Correct or remove it.")
    guard let json = try? JSONValue(parsing: text), let list = json["contexts"]?.array else { throw damaged }
    current = json["current"]?.string
    for item in list {
      guard let name = item["name"]?.string, let server = item["server"]?.string else { throw damaged }
      entries.append(Entry(name: name, server: server, keyFile: item["key_file"]?.string, tls: item["tls"].flatMap(Self.tls)))
    }
  }

  var json: JSONValue {
    [
      "current": current.map { .string($0) } ?? .null,
      "contexts": .array(
        entries.map { entry in
          [
            "name": .string(entry.name), "server": .string(entry.server),
            "key_file": entry.keyFile.map { .string($0) } ?? .null, "tls": entry.tls.map(Self.json) ?? .null,
          ]
        }),
    ]
  }

  private static func tls(_ json: JSONValue) -> ClientTLS.Wishes? {
    guard json.object != nil else { return nil }
    var wishes = ClientTLS.Wishes()
    wishes.on = true
    (wishes.ca, wishes.pin, wishes.name) = (json["ca"]?.string, json["pin"]?.string, json["name"]?.string)
    (wishes.certificate, wishes.key) = (json["cert"]?.string, json["key"]?.string)
    return wishes
  }

  private static func json(_ tls: ClientTLS.Wishes) -> JSONValue {
    let members: [(String, String?)] = [
      ("ca", tls.ca), ("pin", tls.pin), ("name", tls.name), ("cert", tls.certificate), ("key", tls.key),
    ]
    return .object(members.compactMap { name, value in value.map { JSONValue.Member(name, .string($0)) } })
  }

  func save() throws(WireError) {
    guard let path = Self.path, let slash = path.lastIndex(of: "/") else {
      throw WireError(.localIo, "there is no place for contexts", hint: "Set HOME or XDG_CONFIG_HOME.")
    }
    try LocalFile.makeFolder(String(path[..<slash]), mode: 0o700)
    try AtomicFile.write(json.text(pretty: true) + "\n", to: path, mode: 0o600, overwrite: true)
  }

  /// Adds a context, or replaces the one of that name; the first becomes the current one.
  mutating func put(_ entry: Entry) {
    if let index = entries.firstIndex(where: { $0.name == entry.name }) { entries[index] = entry } else { entries.append(entry) }
    if current == nil { current = entry.name }
  }

  mutating func use(_ name: String) throws(WireError) {
    guard entries.contains(where: { $0.name == name }) else { throw Self.unknown(name) }
    current = name
  }

  mutating func remove(_ name: String) throws(WireError) {
    guard let index = entries.firstIndex(where: { $0.name == name }) else { throw Self.unknown(name) }
    entries.remove(at: index)
    if current == name { current = nil }
  }

  private static func unknown(_ name: String) -> WireError {
    WireError(.notFound, "there is no context '\(name)'", hint: "See 'kaictl context list'.")
  }
}
