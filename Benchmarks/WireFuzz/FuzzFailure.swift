/// What a fuzzer found, and the seed that finds it again.
public struct FuzzFailure: Error, CustomStringConvertible {
  public let description: String

  init(_ what: String, seed: UInt64, event: Int) {
    description = "\(what) (seed \(seed), event \(event))"
  }
}
