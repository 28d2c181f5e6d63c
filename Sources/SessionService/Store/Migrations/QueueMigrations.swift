/// Tasks, the leases on them, and the durable log of events.
enum QueueMigrations {
  static let list: [Migration] = [
    Migration(
      number: 100, name: "tasks, leases and events",
      statements: [
        // The long texts come last, so that the queue reads and counts without touching them.
        """
        CREATE TABLE tasks (
          seq INTEGER PRIMARY KEY AUTOINCREMENT,
          id TEXT NOT NULL UNIQUE,
          session_id TEXT NOT NULL,
          db_connection_id TEXT NOT NULL,
          mode INTEGER NOT NULL,
          priority BIGINT NOT NULL,
          status INTEGER NOT NULL,
          attempt INTEGER NOT NULL,
          max_attempts INTEGER NOT NULL,
          not_before BIGINT NOT NULL,
          created_at BIGINT NOT NULL,
          started_at BIGINT NOT NULL,
          finished_at BIGINT NOT NULL,
          node_id TEXT NOT NULL,
          reason TEXT NOT NULL,
          cancel_requested INTEGER NOT NULL,
          labels BLOB NOT NULL,
          prompt TEXT NOT NULL,
          context TEXT NOT NULL,
          metadata TEXT NOT NULL,
          result BLOB
        )
        """,
        "CREATE INDEX tasks_by_session ON tasks (session_id, seq)",
        "CREATE INDEX tasks_by_status ON tasks (status, seq)",
        """
        CREATE TABLE leases (
          session_id TEXT PRIMARY KEY,
          task_id TEXT NOT NULL,
          node_id TEXT NOT NULL,
          node_name TEXT NOT NULL,
          key_id TEXT NOT NULL,
          epoch BIGINT NOT NULL,
          granted_at BIGINT NOT NULL
        )
        """,
        """
        CREATE TABLE events (
          id INTEGER PRIMARY KEY,
          session_id TEXT NOT NULL,
          seq BIGINT NOT NULL,
          at BIGINT NOT NULL,
          kind INTEGER NOT NULL,
          task_id TEXT NOT NULL,
          body BLOB NOT NULL
        )
        """,
        "CREATE UNIQUE INDEX events_by_seq ON events (session_id, seq)",
      ]),
    Migration(
      number: 101, name: "questions to people",
      statements: [
        // A `TaskQuestion` with its answer; the expiry is known to the queue while the task waits.
        "ALTER TABLE tasks ADD COLUMN question BLOB",
        "ALTER TABLE tasks ADD COLUMN retry_of TEXT NOT NULL DEFAULT ''",
      ]),
    Migration(
      number: 102, name: "whose tasks wait",
      statements: [
        // The id of a key; empty for what was submitted before it was noted.
        "ALTER TABLE tasks ADD COLUMN submitted_by TEXT NOT NULL DEFAULT ''"
      ]),
  ]
}
