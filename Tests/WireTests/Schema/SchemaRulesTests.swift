import Testing
import Wire

@Suite struct SchemaRulesTests {
  @Test func errorCodesAndNamesAreUnique() {
    #expect(Set(ErrorTable.rows.map(\.code)).count == ErrorTable.rows.count)
    #expect(Set(ErrorTable.rows.map(\.name)).count == ErrorTable.rows.count)
    #expect(ErrorTable.rows.allSatisfy { !$0.sentence.isEmpty && !$0.hint.isEmpty && (0...255).contains($0.exit) })
  }

  @Test func publishedErrorNumbersNeverMove() {
    // A sample across the ranges; docs/ERRORS.md, compared by another test, holds the rest.
    let published: [(String, UInt32)] = [
      ("bad_frame", 102), ("unauthenticated", 200), ("not_found", 301), ("session_closed", 307), ("conflict", 400),
      ("fenced", 401), ("deadline_exceeded", 502), ("model_unavailable", 700), ("path_refused", 712), ("usage", 900),
    ]
    for (name, number) in published { #expect(ErrorTable.row(named: name)?.code.rawValue == number) }
  }

  @Test func everyMethodHasARuleARoleAndANounVerbName() {
    for method in Method.allCases where method != .unspecified {
      #expect(!method.rule.roles.isEmpty, "\(method)")
      #expect(method.name.split(separator: ".").count == 2)
      #expect((method.rule.shape == .serverStream) == !method.rule.item.isEmpty)
    }
  }

  @Test func limitsFitTogether() {
    #expect(Limits.handshakeFrameBytes <= Limits.defaultFrameBytes)
    #expect(Limits.defaultFrameBytes <= Limits.hardFrameBytes)
    #expect(Limits.defaultMessageBytes <= Limits.hardMessageBytes)
    #expect(Limits.chunkBytes + Limits.headBytes + 1_024 <= Limits.defaultFrameBytes)
    #expect(Limits.checkpointBytes + 512 * 1024 <= Limits.defaultMessageBytes)
    #expect(Limits.heartbeatIntervalMs * 2 + Limits.leaseMarginMs < Limits.leaseTtlMs)
    #expect(Limits.leaseGraceMs < Limits.leaseTtlMs)
    #expect(Limits.metadataBytes <= Limits.textBytes && Limits.titleBytes <= Limits.textBytes)
    #expect(Limits.recursionLimitDefault <= Limits.recursionLimitMax)
  }

  @Test func enumLabelsAreSnakeCaseAndReadBack() {
    #expect(SessionMode.labels == ["analysis", "query", "script", "full_autonomy"])
    #expect(SessionMode(label: "full_autonomy") == .fullAutonomy)
    #expect(SessionMode(label: "unspecified") == nil)
    #expect(Method.sessionCreate.name == "session.create")
  }
}
