extension Migrations {
  /// Every room's steps.
  static let all: [Migration] =
    SessionMigrations.list + MemoryMigrations.list + QueueMigrations.list + KeyMigrations.list
    + ReplyMigrations.list

  /// The number of the newest step that this version knows; a store that is open has them all.
  static let latest = UInt64(clamping: all.map(\.number).max() ?? 0)
}
