import ArgumentParser
import Wire

/// Which database it is about; with only one connection there is nothing to choose.
struct ConnectionOption: ParsableArguments {
  @Option(
    name: [.customShort("c"), .long],
    help: ArgumentHelp("The connection; not needed while there is only one.", valueName: "alias"),
    completion: LiveCompletion.connections)
  var connection: String?

  /// The alias, looked up when it was not given.
  /// - Parameter scope: a session's id, alone or with `+shared` behind it, whose own connection it then is; anything else says nothing.
  /// - Throws: `usage` when there is none or more than one to choose from.
  func resolved(by server: ServerLink, scope: String? = nil) async throws(WireError) -> String {
    if let connection { return connection }
    if let id = scope?.split(separator: "+").first, id.hasPrefix("sess_") {
      return try await server.call(Methods.sessionGet, SessionRef(id: String(id))).dbConnectionId
    }
    var request = ConnectionListRequest()
    request.page = Page(limit: 4)
    let list = try await server.call(Methods.connectionList, request)
    switch list.total {
    case 0:
      throw WireError(
        .usage, "there is no connection to a database yet",
        hint: "Make one: kaictl connection create --alias NAME --uri sqlite:///absolute/path.db")
    case 1 where list.connections.count == 1: return list.connections[0].id
    default:
      let names = list.connections.map(\.id).joined(separator: ", ") + (list.nextCursor.isEmpty ? "" : ", …")
      throw WireError(.usage, "there are \(list.total) connections: \(names)", hint: "Say which one with --connection.")
    }
  }
}
