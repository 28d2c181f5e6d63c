/// Secrets, to be found again in the words of others.
struct PiecesOfSecrets: Sendable {
  /// A run of so many characters counts as a piece.
  private static let piece = 3

  private let secrets: [[Character]]

  init(_ secrets: [String]) { self.secrets = secrets.map { Array($0.lowercased()) }.filter { !$0.isEmpty } }

  /// Whether a text has a secret in it, or three characters of one in a row. Of a secret of one or two characters that is so for
  /// nearly every text, as it must be.
  func mayBe(in text: String) -> Bool {
    let text = text.lowercased()
    return secrets.contains { secret in
      let length = min(Self.piece, secret.count)
      return (0...(secret.count - length)).contains { text.contains(String(secret[$0..<($0 + length)])) }
    }
  }
}
