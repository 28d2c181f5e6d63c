/// Asks for a backup of the whole store as one file; the items bring its records.
public struct BackupCreateRequest: WireMessage {
  /// Leave the master key out: whoever restores must bring it.
  public var withoutMasterKey = false
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "without_master_key", &withoutMasterKey)
  }
}

/// What a part of a backup is.
public enum BackupRecordKind: UInt32, WireEnum {
  /// Never written.
  case unspecified = 0
  /// A ``BackupManifest``.
  case manifest = 1
  /// The next bytes of the database, zlib-compressed.
  case part = 2
  /// The data folder's master key.
  case masterKey = 3
  /// A ``BackupEnd``.
  case end = 4
}

/// One part of a backup; what it holds is the attachment.
public struct BackupItem: WireMessage {
  /// The kind of the record whose payload is the attachment. The receiver frames it: `u32 length | u8 kind | u32 CRC-32 |
  /// payload`.
  public var kind = BackupRecordKind.unspecified
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "kind", &kind)
  }
}

/// The first record of a backup.
public struct BackupManifest: WireMessage {
  /// Of the file's form; 1.
  public var format: UInt32 = 0
  /// The kai-session that it is of.
  public var serverId = ""
  /// Of the kai-session that wrote it.
  public var version = ""
  /// The last migration of the database.
  public var schemaVersion: UInt64 = 0
  /// The moment that the backup shows.
  public var createdAt = Timestamp()
  /// Of the whole database, inflated.
  public var databaseBytes: UInt64 = 0
  /// A record with the master key follows.
  public var hasMasterKey = false
  /// The keys that are valid in it, the newest first, 1 000 at most, each with id, name, role and creation: a restore makes them work again.
  public var keys: [KeyInfo] = []
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "format", &format)
    v.field(2, "server_id", &serverId, max: Limits.idBytes)
    v.field(3, "version", &version, max: Limits.nameBytes)
    v.field(4, "schema_version", &schemaVersion)
    v.field(5, "created_at", &createdAt)
    v.field(6, "database_bytes", &databaseBytes)
    v.field(7, "has_master_key", &hasMasterKey)
    v.field(8, "keys", &keys, max: 1_000)
  }
}

/// The last record of a backup.
public struct BackupEnd: WireMessage {
  /// Of the whole database, inflated.
  public var databaseBytes: UInt64 = 0
  /// SHA-256 of those bytes: 32 bytes.
  public var sha256: [UInt8] = []
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "database_bytes", &databaseBytes)
    v.field(2, "sha256", &sha256, max: 32)
  }
}
