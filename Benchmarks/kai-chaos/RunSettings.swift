import Foundation

/// What a run is told.
struct RunSettings: Sendable {
  var seed: UInt64
  /// How long faults are injected.
  var duration: Duration
  var sessions: Int
  var nodes: Int
  var control: Control?
  /// How long everything may take to come to rest afterwards.
  var restWithin: Duration
  /// Where everything of the run is.
  var folder: String
  /// Where the programs of this build are.
  var binaries: String

  func file(_ name: String) -> String { folder + "/" + name }
  func binary(_ name: String) -> String { binaries + "/" + name }
}

/// A bug planted on purpose, which the run must find.
enum Control: String, CaseIterable, Sendable {
  /// The unsafe tool says that it is idempotent, so it is run again.
  case lyingTool = "lying-tool"
  /// Users send an operation again under a new idempotency key.
  case freshKeys = "fresh-keys"
  /// kai-session's disk loses what it said it had synced.
  case lyingDisk = "lying-disk"

  /// The rule whose violation shows that it was found.
  var rule: Rule {
    switch self {
    case .lyingTool: .effectOnce
    case .freshKeys: .submitOnce
    case .lyingDisk: .nothingLost
    }
  }
}
