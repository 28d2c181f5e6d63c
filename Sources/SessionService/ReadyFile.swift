import JSON
import Wire

/// Tells whoever started the service where it listens.
enum ReadyFile {
  /// Writes `{"listen":"HOST:PORT","tls_listen":"HOST:PORT","http":"HOST:PORT"}` with what there is, whole or not at all.
  /// - Throws: `local_io`
  static func write(_ path: String, address: String, tlsAddress: String? = nil, httpAddress: String? = nil) throws(WireError) {
    var members = [JSONValue.Member("listen", .string(address))]
    if let tlsAddress { members.append(JSONValue.Member("tls_listen", .string(tlsAddress))) }
    if let httpAddress { members.append(JSONValue.Member("http", .string(httpAddress))) }
    let content = JSONValue.object(members)
    try DataFolder.writeDurably(path: path, [UInt8]((content.text() + "\n").utf8), mode: 0o644)
  }
}
