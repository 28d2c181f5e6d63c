import Testing

@testable import SessionService

@Suite struct ChainTests {
  @Test func aSessionWithoutForksIsOnePart() {
    let chain = Chain(segments: [.init(id: 7, baseStep: 0)], head: 3)
    #expect(chain.parts == [Chain.Part(segmentId: 7, first: 1, last: 3)])
    #expect(chain.part(holding: 3)?.segmentId == 7)
    #expect(chain.part(holding: 4) == nil)
    #expect(chain.part(holding: 0) == nil)
  }

  @Test func aForkReadsItsFirstStepsFromItsParents() {
    let chain = Chain(segments: [.init(id: 9, baseStep: 5), .init(id: 8, baseStep: 2), .init(id: 7, baseStep: 0)], head: 6)
    #expect(
      chain.parts == [
        Chain.Part(segmentId: 7, first: 1, last: 2), Chain.Part(segmentId: 8, first: 3, last: 5),
        Chain.Part(segmentId: 9, first: 6, last: 6),
      ])
  }

  @Test func aForkThatHasNotMovedHasNoPartOfItsOwn() {
    #expect(
      Chain(segments: [.init(id: 8, baseStep: 4), .init(id: 7, baseStep: 0)], head: 4).parts == [
        Chain.Part(segmentId: 7, first: 1, last: 4)
      ])
    #expect(Chain(segments: [.init(id: 8, baseStep: 0)], head: 0).parts == [])
  }
}
