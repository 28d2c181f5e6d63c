import Glibc
import Wire

/// Where users' databases in files may be, as the operator of this node says: `--databases-root`.
struct DatabaseFolders: Sendable, Equatable {
  static let standard = DatabaseFolders()

  /// Real paths, without a slash at their end; empty for everywhere.
  private var roots: [String] = []
  /// Folders in which no database of a user's is: the node's own.
  private var refused: [String] = []

  private init() {}

  /// - Throws: `local_io` for a root that does not exist.
  init(roots: [String], refused: [String]) throws(WireError) {
    self.roots = try roots.map { (root) throws(WireError) in
      guard let real = Self.resolved(root) else {
        throw WireError(.localIo, "--databases-root: the folder '\(root)' cannot be found")
      }
      return real
    }
    // The folder of results is made when it is first needed.
    self.refused = refused.map { Self.resolved($0) ?? $0 }
  }

  /// The real path of a regular file that may be opened as a database; nil when there is none, or it may not be.
  func file(_ path: String) -> String? {
    guard let real = Self.resolved(path), !refused.contains(where: { Self.isInside(real, $0) }),
      roots.isEmpty || roots.contains(where: { Self.isInside(real, $0) })
    else { return nil }
    var info = stat()
    guard stat(real, &info) == 0, info.st_mode & S_IFMT == S_IFREG else { return nil }
    return real
  }

  private static func isInside(_ path: String, _ folder: String) -> Bool {
    folder == "/" || path.hasPrefix(folder + "/")
  }

  private static func resolved(_ path: String) -> String? {
    guard let real = realpath(path, nil) else { return nil }
    defer { free(real) }
    return String(cString: real)
  }
}
