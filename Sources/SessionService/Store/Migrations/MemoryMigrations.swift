/// Memories, their versions, and the words that recall finds them by.
enum MemoryMigrations {
  static let list: [Migration] = [
    Migration(
      number: 20, name: "memories",
      statements: [
        """
        CREATE TABLE memories (
          seq INTEGER PRIMARY KEY AUTOINCREMENT,
          id TEXT NOT NULL UNIQUE,
          db_connection_id TEXT NOT NULL,
          scope TEXT NOT NULL,
          namespace TEXT NOT NULL,
          memory_key TEXT NOT NULL,
          value TEXT NOT NULL,
          content TEXT NOT NULL,
          importance DOUBLE PRECISION NOT NULL,
          created_at BIGINT NOT NULL,
          updated_at BIGINT NOT NULL,
          last_used_at BIGINT NOT NULL,
          use_count BIGINT NOT NULL,
          expires_at BIGINT NOT NULL,
          source TEXT NOT NULL,
          source_session_id TEXT NOT NULL,
          source_step BIGINT NOT NULL,
          version BIGINT NOT NULL,
          UNIQUE (db_connection_id, scope, namespace, memory_key)
        )
        """,
        "CREATE INDEX memories_by_scope ON memories (scope, seq)",
        "CREATE INDEX memories_by_expiry ON memories (expires_at) WHERE expires_at > 0",
        """
        CREATE TABLE memory_versions (
          memory_seq BIGINT NOT NULL,
          version BIGINT NOT NULL,
          value TEXT NOT NULL,
          content TEXT NOT NULL,
          importance DOUBLE PRECISION NOT NULL,
          updated_at BIGINT NOT NULL,
          expires_at BIGINT NOT NULL,
          source TEXT NOT NULL,
          source_session_id TEXT NOT NULL,
          source_step BIGINT NOT NULL,
          PRIMARY KEY (memory_seq, version)
        )
        """,
        // The scope is a word of the index itself, so that a search costs what its own scope holds and cannot see another.
        """
        CREATE VIRTUAL TABLE memory_words USING fts5 (
          scope_word, words, tokenize = "porter unicode61 remove_diacritics 2"
        )
        """,
      ])
  ]
}
