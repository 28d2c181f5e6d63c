import Crypto
import NIOCore
import Wire

/// Brings an artifact here and checks that it is what the agent wrote.
struct ArtifactDownload {
  let reference: ArtifactRef
  let server: ServerLink
  /// For what was sealed end to end.
  let keys: SealingKeys?

  /// Writes it to a file that appears only when it is whole.
  /// - Throws: `already_exists` unless `overwrite`, `corrupt` when size or SHA-256 differ, `failed_precondition` when it is sealed and there is
  ///   no key.
  func write(toFile path: String, overwrite: Bool) async throws(WireError) -> Artifact {
    try LocalFile.requireFree(path, force: overwrite)
    if let slash = path.lastIndex(of: "/"), slash != path.startIndex {
      try LocalFile.makeFolder(String(path[..<slash]), mode: 0o755)
    }
    let file = try AtomicFile(path: path, mode: 0o644)
    var content = CheckedContent()
    // What is sealed is opened as a whole; nothing else is held in memory.
    var sealed: ByteBuffer?
    try await server.stream(Methods.artifactGet, reference) { (item) throws(WireError) in
      if content.isEmpty, SealingKeys.isSealed(item.attachment) { sealed = ByteBuffer() }
      content.add(item)
      if sealed == nil { try file.write(item.attachment) } else { sealed?.writeImmutableBuffer(item.attachment) }
      return .more
    }
    let artifact = try content.verified(reference)
    if let sealed { try file.write(try SealingKeys.open(sealed, as: .artifact, with: keys)) }
    try file.commit(overwrite: overwrite)
    return artifact
  }

  /// Writes it to stdout, whole and checked, or not at all.
  /// - Throws: `usage` when it is no text and a person would get it on the screen; as ``write(toFile:overwrite:)``.
  func write(to out: Terminal) async throws(WireError) -> Artifact {
    var content = CheckedContent()
    var bytes = ByteBuffer()
    try await server.stream(Methods.artifactGet, reference) { (item) throws(WireError) in
      content.add(item)
      bytes.writeImmutableBuffer(item.attachment)
      return .more
    }
    let artifact = try content.verified(reference)
    bytes = try SealingKeys.open(bytes, as: .artifact, with: keys)
    if out.isTerminal {
      guard let text = String(validating: bytes.readableBytesView, as: UTF8.self), !text.contains("\0") else {
        throw WireError(
          .usage, "'\(artifact.path)' is not text", hint: "Write it to a file: --file \(ShellWord.path(artifact.path))")
      }
      out.write(Escaping.paragraph(text))
    } else {
      bytes.withUnsafeReadableBytes { out.write($0) }
    }
    return artifact
  }
}

/// What has come of an artifact, and its digest so far.
private struct CheckedContent {
  private var artifact: Artifact?
  private var size: UInt64 = 0
  private var hash = SHA256()

  /// Whether nothing has come yet.
  var isEmpty: Bool { artifact == nil }

  mutating func add(_ item: StreamItem<Artifact>) {
    if artifact == nil { artifact = item.message }
    size += UInt64(item.attachment.readableBytes)
    item.attachment.withUnsafeReadableBytes { hash.update(bufferPointer: $0) }
  }

  func verified(_ reference: ArtifactRef) throws(WireError) -> Artifact {
    guard let artifact else { throw WireError(.notFound, "there is no artifact '\(reference.path)'") }
    guard size == artifact.size, hash.finalize().elementsEqual(artifact.sha256) else {
      throw WireError(.corrupt, "'\(artifact.path)' does not match its SHA-256: \(size) of \(artifact.size) bytes came")
    }
    return artifact
  }
}
