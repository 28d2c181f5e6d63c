import Glibc
import Wire

extension KeyFile {
  /// Reads a key file.
  /// - Throws: `local_io` when it cannot be read, `unauthenticated` when it holds no key; neither repeats the secret.
  init(path: String) throws(WireError) {
    let text = try LocalFile.readText(path)
    do throws(WireError) {
      try self.init(parsing: text)
    } catch {
      throw WireError(
        error.errorCode, "'\(path)': \(error.message)",
        hint: "An admin makes a key file with 'kaictl key create --role ROLE --file FILE'.")
    }
  }

  /// A warning when others than the owner may read the file.
  static func warning(path: String) -> String? {
    guard let mode = LocalFile.permissions(path), mode & 0o077 != 0 else { return nil }
    return "the key file '\(path)' can be read by others; run: chmod 600 \(ShellWord.path(path))"
  }
}
