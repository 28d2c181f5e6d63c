import JSON
import Testing
import Wire

@Suite struct JSONPrinterTests {
  @Test func aSessionPrintsWithStableKeys() {
    let session = Session.with {
      $0.id = "sess_0123456789ab"
      $0.mode = .fullAutonomy
      $0.status = .active
      $0.metadata = #"{"team":"ops"}"#
      $0.createdAt = Timestamp(microseconds: 1_795_395_723_000_004)
    }
    let json = session.json()
    #expect(json["mode"]?.string == "full_autonomy")
    #expect(json["metadata"]?["team"]?.string == "ops")
    #expect(json["created_at"]?.string == "2026-11-23T01:02:03.000004Z")
    #expect(json["title"]?.isNull == true)
    #expect(json.object?.first?.key == "id")
  }

  @Test func secretsAreMaskedUnlessAskedFor() {
    let connection = DatabaseConnection.with { $0.uri = "postgresql://u:pw@h/db" }
    #expect(connection.json().description.contains("pw") == false)
    #expect(connection.json(showingSecrets: true)["uri"]?.string == "postgresql://u:pw@h/db")
    let item = NodeItem.with { $0.assignment = Assignment.with { $0.connection = connection } }
    #expect(item.json().description.contains("pw") == false)
  }

  @Test(
    arguments: [
      (0, "1970-01-01T00:00:00.000000Z"), (-1, "1969-12-31T23:59:59.999999Z"),
      (951_782_400_000_000, "2000-02-29T00:00:00.000000Z"), (4_102_444_799_999_999, "2099-12-31T23:59:59.999999Z"),
    ] as [(Int64, String)])
  func timesAreRFC3339(microseconds: Int64, text: String) {
    #expect(Timestamp(microseconds: microseconds).rfc3339 == text)
  }
}
