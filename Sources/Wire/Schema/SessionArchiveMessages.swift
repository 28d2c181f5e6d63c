/// Asks for a session as one file; the items bring its bytes.
public struct SessionExportRequest: WireMessage {
  /// The session's id.
  public var id = ""
  public init() {}
  public init(id: String) { self.id = id }
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "id", &id, max: Limits.idBytes)
  }
}

/// The next bytes of the file are the attachment.
public struct SessionExportItem: WireMessage {
  /// In the first item: about how many bytes the file will have.
  public var expectedBytes: UInt64 = 0
  /// In the last item: what the file holds.
  public var end: SessionArchiveEnd?
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "expected_bytes", &expectedBytes)
    v.field(2, "end", &end)
  }
}

/// Opens the upload of a session's file: its bytes follow in UPLOAD frames of at most 256 KiB, as attachments of `Empty`, the last
/// with END.
public struct SessionImportRequest: WireMessage {
  /// Where the session will work; it must exist, and may be another than before.
  public var dbConnectionId = ""
  /// Give the session and what is in it new ids; its tasks and events stay behind then, as with a fork.
  public var asNew = false
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "db_connection_id", &dbConnectionId, max: Limits.idBytes)
    v.field(2, "as_new", &asNew)
  }
}

/// What a record of a session's file is.
public enum SessionRecordKind: UInt32, WireEnum {
  /// Never written.
  case unspecified = 0
  /// A ``SessionManifest``; the first.
  case manifest = 1
  /// A ``Checkpoint`` with its body and, behind it, its snapshot.
  case checkpoint = 2
  /// An ``Event``.
  case event = 3
  /// An ``Artifact``; its pieces follow.
  case artifact = 4
  /// The next piece of the artifact before: `Empty` and the bytes.
  case piece = 5
  /// A version of a ``Memory``, the oldest first.
  case memory = 6
  /// A ``MemoryBlock``.
  case block = 7
  /// A ``TaskRecord``.
  case task = 8
  /// A ``SessionArchiveEnd``; the last.
  case end = 9
}

/// The first record of a session's file.
public struct SessionManifest: WireMessage {
  /// Of the file's form; 1.
  public var format: UInt32 = 0
  /// Where it was exported.
  public var serverId = ""
  /// Of the kai-session that wrote it.
  public var version = ""
  /// When it was exported.
  public var createdAt = Timestamp()
  /// As it was then; `head_step` is the last step that the file has.
  public var session: Session?
  /// The oldest step that retention has left, 1 when it has taken none.
  public var firstStep: UInt64 = 0
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "format", &format)
    v.field(2, "server_id", &serverId, max: Limits.idBytes)
    v.field(3, "version", &version, max: Limits.nameBytes)
    v.field(4, "created_at", &createdAt)
    v.field(5, "session", &session)
    v.field(6, "first_step", &firstStep)
  }
}

/// What a session's file holds.
public struct SessionArchiveEnd: WireMessage {
  /// How many steps.
  public var checkpoints: UInt64 = 0
  /// How many events.
  public var events: UInt64 = 0
  /// How many artifacts.
  public var artifacts: UInt64 = 0
  /// Bytes of the artifacts together.
  public var artifactBytes: UInt64 = 0
  /// How many versions of memories.
  public var memories: UInt64 = 0
  /// How many blocks.
  public var blocks: UInt64 = 0
  /// How many tasks.
  public var tasks: UInt64 = 0
  /// SHA-256 (32 bytes) of all records before this one, as the file has them with their heads, but without the eight bytes of
  /// magic.
  public var sha256: [UInt8] = []
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "checkpoints", &checkpoints)
    v.field(2, "events", &events)
    v.field(3, "artifacts", &artifacts)
    v.field(4, "artifact_bytes", &artifactBytes)
    v.field(5, "memories", &memories)
    v.field(6, "blocks", &blocks)
    v.field(7, "tasks", &tasks)
    v.field(8, "sha256", &sha256, max: 32)
  }
}
