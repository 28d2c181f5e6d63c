import Testing
import Wire

@testable import kaictl

@Suite struct MachineFindingsTests {
  private let start = Timestamp(microseconds: 1_000_000_000_000)
  private let end = Timestamp(microseconds: 1_000_000_500_000)

  @Test func aClockBetweenQuestionAndAnswerIsTheSame() throws {
    #expect(try MachineFindings.clock(server: 1_000_000.2, between: start, and: end) == "the server's clock: the same")
    #expect(try MachineFindings.clock(server: 999_999, between: start, and: end) == "the server's clock: 1 s behind")
    let ahead = #expect(throws: WireError.self) { try MachineFindings.clock(server: 1_000_060.5, between: start, and: end) }
    #expect(ahead?.message == "the server's clock is 60 s ahead of this machine's")
  }

  @Test func nodesOfOtherVersionsAreTold() throws {
    func node(_ name: String, _ version: String, _ status: NodeStatus = .attached) -> NodeInfo {
      .with { ($0.name, $0.version, $0.status, $0.slots) = (name, version, status, 4) }
    }
    #expect(
      try MachineFindings.nodes([node("a", "2"), node("b", "2"), node("c", "1", .lost)], server: "2") == "2 nodes, 8 slots")
    #expect(
      try MachineFindings.nodes([node("b", "1"), node("a", "3"), node("c", "2")], server: "2")
        == "3 nodes, 12 slots; a is 3, b is 1")
    #expect(throws: WireError.self) { try MachineFindings.nodes([node("c", "2", .lost)], server: "2") }
  }

  @Test func littleSpaceAndASlowDiskAreProblems() throws {
    #expect(try MachineFindings.disk(freeBytes: 5e9).hasSuffix(" free"))
    #expect(throws: WireError.self) { try MachineFindings.disk(freeBytes: 1e6) }
    #expect(try MachineFindings.commit(milliseconds: 0.312) == "0.31 ms a durable commit")
    #expect(throws: WireError.self) { try MachineFindings.commit(milliseconds: 80) }
  }

  @Test func sqliteIsNamedWithWhatItsReleaseMeans() {
    #expect(MachineFindings.sqlite(version: 3_040_001).hasPrefix("3.40.1, whose WAL-reset bug cannot happen here"))
    #expect(MachineFindings.sqlite(version: 3_052_000) == "3.52.0")
  }
}
