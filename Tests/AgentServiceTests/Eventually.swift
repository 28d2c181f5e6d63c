import Testing

/// Waits until `condition` holds; fails the test when it does not within ten seconds.
func eventually(
  _ what: Comment, sourceLocation: SourceLocation = #_sourceLocation, _ condition: @Sendable () async -> Bool
) async throws {
  let deadline = ContinuousClock.now + .seconds(10)
  while await !condition() {
    guard .now < deadline else {
      Issue.record(what, sourceLocation: sourceLocation)
      return
    }
    try await Task.sleep(for: .milliseconds(5))
  }
}
