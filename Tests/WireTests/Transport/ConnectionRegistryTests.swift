import NIOCore
import Testing

@testable import Wire

@Suite struct ConnectionRegistryTests {
  private let start = NIODeadline.uptimeNanoseconds(1_000_000_000)

  private func place(_ admission: ConnectionRegistry.Admission) -> UInt64? {
    if case .admitted(let id, _) = admission { id } else { nil }
  }

  @Test func aFloodOfHandshakesCostsTheAddressThatMakesIt() {
    let registry = ConnectionRegistry(halfOpenLimit: 8, limit: 100)
    let flood = (0..<20).map { _ in registry.admit("flood", start) }
    #expect(flood.compactMap(place).count == 4)
    #expect((0..<4).allSatisfy { registry.admit("other \($0)", start) != .refused(toLog: nil) })
    // All eight places are taken: the oldest of the address with the most makes room for a newcomer, and not for the flood.
    #expect(registry.admit("newcomer", start) == .admitted(9, evicted: 1))
    #expect(registry.admit("another", start) == .admitted(10, evicted: 2))
    #expect(registry.admit("third", start) == .admitted(11, evicted: 3))
    // Nobody has more than one place now, and nobody gives it up.
    #expect(registry.admit("fourth", start) == .refused(toLog: nil))
  }

  @Test func refusalsAreCountedAndLoggedNowAndThen() {
    let registry = ConnectionRegistry(halfOpenLimit: 2, limit: 100)
    _ = registry.admit("a", start)
    #expect(registry.admit("a", start) == .refused(toLog: 1))
    for _ in 0..<99 { #expect(registry.admit("a", start) == .refused(toLog: nil)) }
    #expect(registry.admit("a", start + .seconds(10)) == .refused(toLog: 100))
  }

  @Test func oneKeyTakesHalfOfTheConnectionsAndAdminsHaveSomeLeft() throws {
    let registry = ConnectionRegistry(halfOpenLimit: 64, limit: 32)
    func open(_ key: String, _ role: Role) throws -> WireError? {
      registry.open(try #require(place(registry.admit(key + "\(registry.count)", start))), key, role)
    }
    for _ in 0..<16 { #expect(try open("greedy", .viewer) == nil) }
    #expect(try open("greedy", .viewer)?.errorCode == .overloaded)
    for number in 0..<12 { #expect(try open("user \(number)", .user) == nil) }
    #expect(try open("late", .user)?.errorCode == .overloaded)
    for _ in 0..<4 { #expect(try open("root", .admin) == nil) }
    #expect(try open("root", .admin)?.errorCode == .overloaded)
  }

  @Test func whoeverLeavesMakesRoom() throws {
    let registry = ConnectionRegistry(halfOpenLimit: 64, limit: 16)
    var ids: [UInt64] = []
    for _ in 0..<8 {
      let id = try #require(place(registry.admit("a\(ids.count)", start)))
      #expect(registry.open(id, "k", .user) == nil)
      ids.append(id)
    }
    let next = try #require(place(registry.admit("z", start)))
    #expect(registry.open(next, "k", .user) != nil)
    registry.remove(ids[0])
    #expect(registry.open(next, "k", .user) == nil)
  }

  @Test func addressesOfOneNetworkCountTogether() throws {
    func network(_ address: String) throws -> String { try SocketAddress(ipAddress: address, port: 1).neighbourhood }
    #expect(try network("10.0.0.1") != network("10.0.0.2"))
    #expect(try network("2001:db8:1:2::1") == network("2001:db8:1:2:ffff::9"))
    #expect(try network("2001:db8:1:2::1") != network("2001:db8:1:3::1"))
    #expect(try network("::ffff:10.0.0.1") != network("::ffff:10.0.0.2"))
  }
}
