import JSON
import Wire

/// Tells whoever started the service where it listens.
enum ReadyFile {
  /// Writes `{"listen":"HOST:PORT"}`, whole or not at all.
  /// - Throws: `local_io`
  static func write(_ path: String, address: String) throws(WireError) {
    let content: JSONValue = ["listen": .string(address)]
    try DataFolder.writeDurably(path: path, [UInt8]((content.text() + "\n").utf8), mode: 0o644)
  }
}
