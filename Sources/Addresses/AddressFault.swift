/// Why an address cannot be used.
///
/// The sentences are fixed and never repeat a piece of the address: whatever stands in it may be a part of a password.
public struct AddressFault: Error, Sendable, Equatable {
  /// What is wrong, as the end of a sentence that begins with "the URI".
  public let sentence: String
  /// What to write instead.
  public let hint: String

  init(_ sentence: String, hint: String = AddressFault.forms) {
    self.sentence = sentence
    self.hint = hint
  }

  /// The forms that an address of a database may have.
  public static let forms = "Use sqlite:///absolute/path/file.db or postgresql://user:password@host:5432/database."
}
