import Glibc
import Synchronization
import Wire

/// A session's folder on this node: `<results>/<db_connection_id>/<session_id>/`, mode 0700. No path leaves it.
///
/// Every segment of a path is opened relative to the one before it and links are never followed, so that nothing that
/// happens to the folder meanwhile can redirect a read or a write.
struct ResultsFolder: Sendable {
  /// The largest file that can be read, in bytes.
  static let readBytes = 16 * 1024 * 1024
  static let maxFiles = 10_000

  /// The absolute path of the folder.
  let root: String

  /// A regular file of the folder.
  struct File: Sendable, Equatable {
    /// Relative, `/` between segments.
    var path: String
    /// In bytes.
    var size: UInt64
  }

  /// Makes the folder of a session if need be, and its parents.
  /// - Parameter results: the folder of all results; made when it is missing, links in its own path are the operator's choice.
  /// - Throws: `path_refused` when an id is no plain name or a link or file is in the way; `local_io`.
  static func create(results: String, connectionId: String, sessionId: String) throws(WireError) -> ResultsFolder {
    let names = [connectionId, sessionId]
    for name in names {
      guard try ResultsPath.segments(of: name).count == 1 else { throw ResultsPath.refused(name, "is not one name") }
    }
    let results = try absolute(results)
    try makeFolders(results)
    var folder = try FolderHandle(opening: results)
    for name in names {
      folder = try folder.folder(name, creating: true)
      try folder.makePrivate(name)
    }
    return ResultsFolder(root: results + (results.hasSuffix("/") ? "" : "/") + names.joined(separator: "/"))
  }

  /// Removes the folder of a session with all that is in it; one that is not there counts as removed. Links are removed, not
  /// followed.
  /// - Throws: `path_refused` when an id is no plain name; `local_io`.
  static func remove(results: String, connectionId: String, sessionId: String) throws(WireError) {
    for name in [connectionId, sessionId] {
      guard try ResultsPath.segments(of: name).count == 1 else { throw ResultsPath.refused(name, "is not one name") }
    }
    do throws(WireError) {
      let connection = try FolderHandle(opening: absolute(results)).folder(connectionId, creating: false)
      try connection.removeTree(sessionId)
    } catch {
      // The node never had this session, or its results folder was never made.
      guard error.errorCode == .notFound else { throw error }
    }
  }

  /// Writes a file, whole or not at all; folders on the way are made, an older file is replaced.
  /// - Throws: `path_refused`; `local_io` when the disk fails.
  func write(_ content: [UInt8], to path: String) throws(WireError) {
    var segments = try ResultsPath.segments(of: path)
    let name = segments.removeLast()
    let folder = try open(segments, of: path, creating: true)
    try folder.replace(name, with: content, path)
  }

  /// Reads a whole file.
  /// - Throws: `path_refused`; `not_found`; `limit_exceeded` above ``readBytes``; `local_io`.
  func read(_ path: String) throws(WireError) -> [UInt8] {
    var segments = try ResultsPath.segments(of: path)
    let name = segments.removeLast()
    return try open(segments, of: path, creating: false).content(of: name, path, maxBytes: Self.readBytes)
  }

  /// Every regular file with a plain name, by path; links and hidden names are left out.
  /// - Throws: `limit_exceeded` above ``maxFiles``; `local_io`.
  func list() throws(WireError) -> [File] {
    var files: [File] = []
    try list(FolderHandle(opening: root), prefix: "", depth: 1, into: &files)
    return files.sorted { $0.path.unicodeScalars.lexicographicallyPrecedes($1.path.unicodeScalars) }
  }

  private func list(
    _ folder: borrowing FolderHandle, prefix: String, depth: Int, into files: inout [File]
  ) throws(WireError) {
    for name in try folder.names() where !name.hasPrefix(".") {
      let path = prefix + name
      switch folder.kind(of: name) {
      case .file(let size):
        guard files.count < Self.maxFiles else {
          throw WireError(.limitExceeded, "The session's folder has more than \(Self.maxFiles) files.")
        }
        files.append(File(path: path, size: size))
      case .folder where depth < ResultsPath.maxSegments:
        let inner = try folder.folder(name, creating: false)
        try list(inner, prefix: path + "/", depth: depth + 1, into: &files)
      case .folder, .other, .missing: break
      }
    }
  }

  private func open(_ segments: [String], of path: String, creating: Bool) throws(WireError) -> FolderHandle {
    var folder = try FolderHandle(opening: root)
    for segment in segments { folder = try folder.folder(segment, path: path, creating: creating) }
    return folder
  }

  private static func absolute(_ path: String) throws(WireError) -> String {
    if path.hasPrefix("/") { return path }
    guard let current = getcwd(nil, 0) else { throw FolderHandle.failure("find the current folder", path) }
    defer { free(current) }
    return String(cString: current) + "/" + path
  }

  private static func makeFolders(_ path: String) throws(WireError) {
    var made = ""
    for segment in path.split(separator: "/") {
      made += "/" + segment
      guard mkdir(made, 0o700) != 0, errno != EEXIST else { continue }
      // A parent that may not be written to but exists says EACCES or EROFS: only the end counts.
      var info = stat()
      guard stat(made, &info) == 0 else { throw FolderHandle.failure("make the folder", made) }
    }
  }
}
