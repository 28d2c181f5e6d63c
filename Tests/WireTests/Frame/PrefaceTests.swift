import NIOCore
import Testing

@testable import Wire

@Suite struct PrefaceTests {
  @Test func thePrefacesAreFrozen() {
    #expect(Preface.client() == [0x4b, 0x41, 0x49, 0x57, 1, 1, 0, 0])
    #expect(Preface.server(chosen: 1) == [0x4b, 0x41, 0x49, 0x57, 1, 1, 0, 0])
    #expect(Preface.server(chosen: 0) == [0x4b, 0x41, 0x49, 0x57, 0, 1, 0, 0])
  }

  @Test func theHighestCommonVersionIsChosen() throws {
    #expect(try Preface.choose(clientPreface: Preface.client(1...1)) == 1)
    #expect(try Preface.choose(clientPreface: Preface.client(1...9)) == 1)
    #expect(try Preface.choose(clientPreface: Preface.client(2...9)) == 0)
  }

  @Test(arguments: [
    [UInt8]("GET / HT".utf8), [0x4b, 0x41, 0x49, 0x57, 1, 1, 0, 1], [0x4b, 0x41, 0x49, 0x57, 2, 1, 0, 0],
    [0x4b, 0x41, 0x49, 0x57, 0, 1, 0, 0], [0x16, 3, 1, 2, 0, 1, 0, 1], [],
  ])
  func otherProtocolsAreRecognised(_ bytes: [UInt8]) {
    let error = #expect(throws: WireError.self) { try Preface.choose(clientPreface: bytes) }
    #expect(error?.errorCode == .badPreface)
  }

  @Test func aClientAcceptsOnlyWhatItOffered() {
    #expect(throws: Never.self) { try Preface.accept(serverPreface: Preface.server(chosen: 1)) }
    #expect(throws: WireError.self) { try Preface.accept(serverPreface: Preface.server(chosen: 2)) }
    let error = #expect(throws: WireError.self) { try Preface.accept(serverPreface: Preface.server(chosen: 0)) }
    #expect(error?.errorCode == .noCommonVersion)
  }
}
