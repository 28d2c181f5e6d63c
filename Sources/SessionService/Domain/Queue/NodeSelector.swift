import Wire

/// What a task asks of its node: each label with exactly this value. Without labels any node will do.
struct NodeSelector: Sendable, Hashable {
  private let labels: [String: String]

  init(_ labels: [Label] = []) {
    self.labels = Dictionary(labels.map { ($0.key, $0.value) }) { _, last in last }
  }

  /// Whether a node with these labels will do.
  func admits(_ offered: [Label]) -> Bool {
    labels.allSatisfy { key, value in offered.contains { $0.key == key && $0.value == value } }
  }

  /// For people: `gpu=yes, region=eu`, empty without labels.
  var text: String { labels.map { "\($0.key)=\($0.value)" }.sorted().joined(separator: ", ") }
}
