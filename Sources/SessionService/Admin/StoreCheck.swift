import NIOCore
import Wire

/// What `server.check` looks at.
struct StoreCheck: Sendable {
  /// Problems of the backend's own structures.
  let integrity: @Sendable (any Transaction) throws(WireError) -> [String]
  let figures: StoreFigures

  func run(in transaction: any Transaction) throws(WireError) -> ServerCheck {
    // A large store is read whole.
    try transaction.heed(UnitLife(limit: .hours(1)))
    let unfinished = try SessionDeletionRepository.unfinished(in: transaction)
    let findings = [
      Self.finding("writing", figures.snapshot.problem.map { [$0.message] } ?? []),
      Self.finding("store file", try integrity(transaction)),
      Self.finding("stored bytes", try DamageRepository.sentences(in: transaction)),
      Self.finding("heads of chains", try ConsistencyRepository.sessionsWithoutHead(in: transaction)),
      Self.finding(
        "steps that nobody can see",
        try SegmentRepository.unseen(limit: 20, in: transaction).map { "segment \($0) is no session's any more" }),
      Self.finding("artifact contents", try ConsistencyRepository.artifactsWithoutContent(in: transaction)),
      Self.finding("unfinished deletions", unfinished.map { "session \($0) is not wholly removed yet" }),
    ]
    return ServerCheck.with { check in
      check.findings = findings
      check.ok = findings.allSatisfy(\.ok)
    }
  }

  private static func finding(_ name: String, _ problems: [String]) -> CheckFinding {
    CheckFinding.with { finding in
      finding.name = name
      finding.ok = problems.isEmpty
      finding.detail = problems.prefix(20).map { String($0.prefix(180)) }.joined(separator: "; ")
    }
  }
}
