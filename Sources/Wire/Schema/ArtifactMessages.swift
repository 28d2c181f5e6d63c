/// A file of a session, kept by kai-session.
public struct Artifact: WireMessage {
  /// `art_` + 12 lowercase hex digits.
  public var id = ""
  public var sessionId = ""
  /// Relative, `/` between segments, at most 1 KiB.
  public var path = ""
  public var mediaType = ""
  /// In bytes.
  public var size: UInt64 = 0
  /// 32 bytes.
  public var sha256: [UInt8] = []
  public var taskId = ""
  public var createdAt = Timestamp()
  public var updatedAt = Timestamp()
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
  public var sessionId = ""
  public var path = ""
  public var mediaType = ""
  public var size: UInt64 = 0
  public var sha256: [UInt8] = []
  /// Needed from an agent.
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
  public var sessionId = ""
  public var path = ""
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "session_id", &sessionId, max: Limits.idBytes)
    v.field(2, "path", &path, max: Limits.textBytes)
  }
}

public struct ArtifactListRequest: WireMessage {
  public var page: Page?
  public var sessionId = ""
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "page", &page)
    v.field(2, "session_id", &sessionId, max: Limits.idBytes)
  }
}

public struct ArtifactList: WireMessage {
  public var artifacts: [Artifact] = []
  public var total: UInt64 = 0
  public var nextCursor = ""
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "artifacts", &artifacts, max: Int(Limits.listMax))
    v.field(2, "total", &total)
    v.field(3, "next_cursor", &nextCursor, max: Limits.cursorBytes)
  }
}
