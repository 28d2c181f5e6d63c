import Wire

/// Stored schemas over Wire. Asking for one must never hold up a turn for long.
struct WireSchemas: SchemaStore {
  static let timeout = Duration.seconds(5)

  let client: WireClient

  func state(of connectionId: String, known: Timestamp) async throws(WireError) -> SchemaState {
    let request = SchemaGetRequest.with {
      $0.dbConnectionId = connectionId
      $0.knownScan = known
    }
    return try await client.call(Methods.schemaGet, request, timeout: Self.timeout).message
  }

  func report(_ checked: KnowledgeChecked) async throws(WireError) {
    _ = try await client.call(Methods.knowledgeReport, checked, timeout: .seconds(30))
  }

  func report(_ report: SchemaReport) async throws(WireError) {
    _ = try await client.call(Methods.schemaReport, report, timeout: .seconds(30))
  }
}
