/// Sessions, their chains of checkpoints, artifacts, user databases, keys and remembered replies.
///
/// A chain is kept as *segments*. A session writes to a segment of its own; a fork starts a new segment whose parent is the
/// segment that holds the fork's step, and copies nothing. Steps 1...`base_step` of a chain are read from the parents,
/// the later ones from the segment itself. When a session is deleted, its segment loses its owner and the steps that no
/// fork can see; the rest goes when the last fork goes.
enum SessionMigrations {
  static let list: [Migration] = [
    Migration(
      number: 1, name: "connections and keys",
      statements: [
        """
        CREATE TABLE connections (
          seq INTEGER PRIMARY KEY AUTOINCREMENT,
          id TEXT NOT NULL UNIQUE,
          dialect INTEGER NOT NULL,
          sealed_uri BLOB NOT NULL,
          masked_uri TEXT NOT NULL,
          description TEXT NOT NULL,
          created_at BIGINT NOT NULL,
          updated_at BIGINT NOT NULL,
          version BIGINT NOT NULL
        )
        """,
        """
        CREATE TABLE keys (
          seq INTEGER PRIMARY KEY AUTOINCREMENT,
          id TEXT NOT NULL UNIQUE,
          name TEXT NOT NULL,
          role INTEGER NOT NULL,
          created_at BIGINT NOT NULL,
          revoked_at BIGINT NOT NULL
        )
        """,
      ]),
    Migration(
      number: 2, name: "sessions and checkpoints",
      statements: [
        """
        CREATE TABLE segments (
          id INTEGER PRIMARY KEY AUTOINCREMENT,
          parent_id BIGINT,
          base_step BIGINT NOT NULL,
          is_owned INTEGER NOT NULL
        )
        """,
        "CREATE INDEX segments_by_parent ON segments (parent_id, base_step)",
        """
        CREATE TABLE sessions (
          seq INTEGER PRIMARY KEY AUTOINCREMENT,
          id TEXT NOT NULL UNIQUE,
          db_connection_id TEXT NOT NULL,
          status INTEGER NOT NULL,
          mode INTEGER NOT NULL,
          recursion_limit INTEGER NOT NULL,
          title TEXT,
          metadata TEXT NOT NULL,
          created_at BIGINT NOT NULL,
          updated_at BIGINT NOT NULL,
          version BIGINT NOT NULL,
          head_step BIGINT NOT NULL,
          epoch BIGINT NOT NULL,
          segment_id BIGINT NOT NULL,
          fork_session_id TEXT,
          fork_step BIGINT NOT NULL
        )
        """,
        "CREATE INDEX sessions_by_connection ON sessions (db_connection_id, seq)",
        "CREATE INDEX sessions_by_status ON sessions (status, seq)",
        // The bodies come last, so that lists read the small columns without them. Rows are appended in the order of
        // their commits, which keeps pages full; the keys are in small indexes beside them.
        """
        CREATE TABLE checkpoints (
          seq INTEGER PRIMARY KEY,
          segment_id BIGINT NOT NULL,
          step BIGINT NOT NULL,
          epoch BIGINT NOT NULL,
          task_id TEXT NOT NULL,
          node_id TEXT NOT NULL,
          created_at BIGINT NOT NULL,
          kind INTEGER NOT NULL,
          summary TEXT NOT NULL,
          body_bytes INTEGER NOT NULL,
          body_crc BIGINT NOT NULL,
          snapshot_bytes INTEGER NOT NULL,
          snapshot_crc BIGINT NOT NULL,
          body BLOB NOT NULL,
          snapshot BLOB
        )
        """,
        "CREATE UNIQUE INDEX checkpoints_by_step ON checkpoints (segment_id, step)",
        "CREATE INDEX snapshots_by_step ON checkpoints (segment_id, step) WHERE snapshot_bytes > 0",
        """
        CREATE TABLE session_deletions (
          session_id TEXT PRIMARY KEY,
          segment_id BIGINT NOT NULL,
          principal TEXT NOT NULL,
          idempotency_key BLOB NOT NULL,
          request_hash BLOB NOT NULL,
          checkpoints BIGINT NOT NULL,
          tasks BIGINT NOT NULL,
          artifacts BIGINT NOT NULL,
          memories BIGINT NOT NULL,
          events BIGINT NOT NULL
        )
        """,
      ]),
    Migration(
      number: 3, name: "artifacts",
      statements: [
        """
        CREATE TABLE artifacts (
          seq INTEGER PRIMARY KEY AUTOINCREMENT,
          id TEXT NOT NULL UNIQUE,
          session_id TEXT NOT NULL,
          path TEXT NOT NULL,
          media_type TEXT NOT NULL,
          size BIGINT NOT NULL,
          sha256 BLOB NOT NULL,
          task_id TEXT NOT NULL,
          created_at BIGINT NOT NULL,
          updated_at BIGINT NOT NULL,
          version BIGINT NOT NULL,
          content_id BIGINT NOT NULL,
          UNIQUE (session_id, path)
        )
        """,
        // Uploaded (0), the content of an artifact (1), or to be swept (2).
        """
        CREATE TABLE contents (
          id INTEGER PRIMARY KEY AUTOINCREMENT,
          state INTEGER NOT NULL
        )
        """,
        "CREATE INDEX contents_without_artifact ON contents (state) WHERE state <> 1",
        """
        CREATE TABLE content_chunks (
          seq INTEGER PRIMARY KEY,
          content_id BIGINT NOT NULL,
          ordinal INTEGER NOT NULL,
          bytes BLOB NOT NULL
        )
        """,
        "CREATE UNIQUE INDEX content_chunks_by_ordinal ON content_chunks (content_id, ordinal)",
      ]),
    Migration(
      number: 4, name: "remembered replies",
      statements: [
        """
        CREATE TABLE replies (
          principal TEXT NOT NULL,
          method INTEGER NOT NULL,
          idempotency_key BLOB NOT NULL,
          request_hash BLOB NOT NULL,
          reply BLOB NOT NULL,
          created_at BIGINT NOT NULL,
          PRIMARY KEY (principal, method, idempotency_key)
        ) WITHOUT ROWID
        """,
        "CREATE INDEX replies_by_age ON replies (created_at)",
      ]),
    Migration(
      number: 5, name: "policies and retention",
      statements: [
        // A `SessionPolicy`.
        "ALTER TABLE sessions ADD COLUMN policy BLOB",
        "CREATE INDEX sessions_with_policy ON sessions (seq) WHERE policy IS NOT NULL",
        // The oldest step that is left of a segment, 0 when none was removed.
        "ALTER TABLE segments ADD COLUMN first_step BIGINT NOT NULL DEFAULT 0",
        "CREATE INDEX segments_cut ON segments (id) WHERE first_step > 0",
      ]),
    Migration(
      number: 6, name: "schemas of user databases",
      statements: [
        // A `SchemaState` without its scan, and the `SchemaScan` apart, because most readers have it already.
        """
        CREATE TABLE schemas (
          connection_id TEXT PRIMARY KEY,
          checked_at BIGINT NOT NULL,
          scanned_at BIGINT NOT NULL,
          state BLOB NOT NULL,
          scan BLOB
        )
        """
      ]),
    Migration(
      number: 7, name: "learning of connections",
      statements: ["ALTER TABLE connections ADD COLUMN learning INTEGER NOT NULL DEFAULT 0"]),
    Migration(
      number: 8, name: "checksums and damage",
      statements: [
        "ALTER TABLE content_chunks ADD COLUMN crc BIGINT",
        // What was found not to be what was written: a step of a segment, or an artifact.
        """
        CREATE TABLE damage (
          session_id TEXT NOT NULL,
          path TEXT NOT NULL,
          segment_id BIGINT NOT NULL,
          step BIGINT NOT NULL,
          found_at BIGINT NOT NULL,
          PRIMARY KEY (session_id, path, segment_id, step)
        ) WITHOUT ROWID
        """,
      ]),
  ]
}
