/// A file of a session, kept by kai-session.
public struct Artifact: WireMessage {
  /// `art_` + 12 lowercase hex digits.
  public var id = ""
  /// The session whose file it is.
  public var sessionId = ""
  /// Relative, `/` between segments, at most 1 KiB.
  public var path = ""
  /// As it was given; `application/octet-stream` when nothing was.
  public var mediaType = ""
  /// Of the content, in bytes.
  public var size: UInt64 = 0
  /// SHA-256 of the content: 32 bytes.
  public var sha256: [UInt8] = []
  /// The task whose node wrote it last; empty when a person did.
  public var taskId = ""
  /// When the path was first written.
  public var createdAt = Timestamp()
  /// When this content came.
  public var updatedAt = Timestamp()
  /// 1 for the first content of the path, one more for each that replaced it.
  public var version: UInt64 = 0
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "id", &id, max: Limits.idBytes)
    v.field(2, "session_id", &sessionId, max: Limits.idBytes)
    v.field(3, "path", &path, max: Limits.artifactPathBytes)
    v.field(4, "media_type", &mediaType, max: Limits.nameBytes)
    v.field(5, "size", &size)
    v.field(6, "sha256", &sha256, max: 32)
    v.field(7, "task_id", &taskId, max: Limits.idBytes)
    v.field(8, "created_at", &createdAt)
    v.field(9, "updated_at", &updatedAt)
    v.field(10, "version", &version)
  }
}

/// Opens an upload: the content follows in UPLOAD frames of at most 256 KiB, as attachments of `Empty`, the last with END.
public struct ArtifactPutRequest: WireMessage {
  /// The session whose file it becomes.
  public var sessionId = ""
  /// Relative, 1 to 1024 bytes, segments of 1 to 255 bytes with `/` between them, none of them `.` or `..`, no backslash, no
  /// control or invisible characters. What has this path already is replaced.
  public var path = ""
  /// Empty means `application/octet-stream`.
  public var mediaType = ""
  /// Of the whole content, in bytes: 0 to 268435456 (256 MiB). Exactly so many must come.
  public var size: UInt64 = 0
  /// Of the whole content: 32 bytes.
  public var sha256: [UInt8] = []
  /// Proof of the lease. An agent must give it, for this session; from others it is checked if it is there.
  public var fence: Fence?
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "session_id", &sessionId, max: Limits.idBytes)
    v.field(2, "path", &path, max: Limits.textBytes)
    v.field(3, "media_type", &mediaType, max: Limits.nameBytes)
    v.field(4, "size", &size)
    v.field(5, "sha256", &sha256, max: 32)
    v.field(6, "fence", &fence)
  }
}

/// `artifact.get` streams the `Artifact` and its first chunk in the first item, then chunks alone.
public struct ArtifactRef: WireMessage {
  /// The session whose file it is.
  public var sessionId = ""
  /// As in `Artifact.path`.
  public var path = ""
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "session_id", &sessionId, max: Limits.idBytes)
    v.field(2, "path", &path, max: Limits.textBytes)
  }
}

/// Lists the files of a session.
public struct ArtifactListRequest: WireMessage {
  /// Absent for the first 100.
  public var page: Page?
  /// The session whose files they are.
  public var sessionId = ""
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "page", &page)
    v.field(2, "session_id", &sessionId, max: Limits.idBytes)
  }
}

/// One page of a session's files, the newest first.
public struct ArtifactList: WireMessage {
  /// Without their content.
  public var artifacts: [Artifact] = []
  /// How many the session has.
  public var total: UInt64 = 0
  /// For the next page; empty on the last one.
  public var nextCursor = ""
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "artifacts", &artifacts, max: Int(Limits.listMax))
    v.field(2, "total", &total)
    v.field(3, "next_cursor", &nextCursor, max: Limits.cursorBytes)
  }
}
