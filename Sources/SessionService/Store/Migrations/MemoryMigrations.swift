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
      ]),
    // FTS5 looks through all memories for a word that many have, and says of all of them how rare it is. Here each scope has its own
    // words. The old index goes; the new one is filled after the start.
    Migration(
      number: 21, name: "an index of words for each scope",
      statements: [
        "DROP TABLE memory_words",
        "ALTER TABLE memories ADD COLUMN neighbours TEXT NOT NULL DEFAULT ''",
        "CREATE INDEX memories_by_key ON memories (db_connection_id, scope, memory_key)",
        "CREATE INDEX memories_by_importance ON memories (db_connection_id, scope, importance, seq)",
        "CREATE INDEX memories_by_update ON memories (db_connection_id, scope, updated_at)",
        """
        CREATE TABLE term_parts (
          id INTEGER PRIMARY KEY AUTOINCREMENT,
          db_connection_id TEXT NOT NULL,
          scope TEXT NOT NULL,
          documents BIGINT NOT NULL,
          length BIGINT NOT NULL,
          UNIQUE (db_connection_id, scope)
        )
        """,
        """
        CREATE TABLE term_postings (
          part BIGINT NOT NULL,
          term TEXT NOT NULL,
          seq BIGINT NOT NULL,
          weight INTEGER NOT NULL,
          length INTEGER NOT NULL,
          PRIMARY KEY (part, term, seq)
        ) WITHOUT ROWID
        """,
        """
        CREATE TABLE term_vocabulary (
          part BIGINT NOT NULL,
          term TEXT NOT NULL,
          documents BIGINT NOT NULL,
          PRIMARY KEY (part, term)
        ) WITHOUT ROWID
        """,
        """
        CREATE TABLE term_documents (
          part BIGINT NOT NULL,
          seq BIGINT NOT NULL,
          length INTEGER NOT NULL,
          terms TEXT NOT NULL,
          PRIMARY KEY (part, seq)
        ) WITHOUT ROWID
        """,
        "CREATE TABLE term_index (version BIGINT NOT NULL)",
      ]),
    Migration(
      number: 22, name: "knowledge",
      statements: [
        """
        CREATE TABLE knowledge (
          seq INTEGER PRIMARY KEY AUTOINCREMENT,
          id TEXT NOT NULL UNIQUE,
          db_connection_id TEXT NOT NULL,
          kind INTEGER NOT NULL,
          name TEXT NOT NULL,
          state INTEGER NOT NULL,
          body BLOB NOT NULL,
          UNIQUE (db_connection_id, kind, name)
        )
        """
      ]),
    Migration(
      number: 23, name: "blocks",
      statements: [
        """
        CREATE TABLE blocks (
          seq INTEGER PRIMARY KEY AUTOINCREMENT,
          db_connection_id TEXT NOT NULL,
          scope TEXT NOT NULL,
          label TEXT NOT NULL,
          body BLOB NOT NULL,
          UNIQUE (db_connection_id, scope, label)
        )
        """,
        "CREATE INDEX blocks_by_scope ON blocks (scope)",
      ]),
    Migration(
      number: 24, name: "vectors of memories",
      statements: [
        "ALTER TABLE memories ADD COLUMN changed BIGINT NOT NULL DEFAULT 0",
        "UPDATE memories SET changed = seq",
        // Given once and never again, whatever is deleted: who has seen up to a number misses nothing behind it.
        "CREATE TABLE memory_changes (last BIGINT NOT NULL)",
        "INSERT INTO memory_changes (last) SELECT coalesce(max(seq), 0) FROM memories",
        "CREATE INDEX memories_by_change ON memories (changed)",
        """
        CREATE TABLE memory_vectors (
          model TEXT NOT NULL,
          db_connection_id TEXT NOT NULL,
          scope TEXT NOT NULL,
          seq BIGINT NOT NULL,
          version BIGINT NOT NULL,
          changed BIGINT NOT NULL,
          vector BLOB NOT NULL,
          PRIMARY KEY (model, db_connection_id, scope, seq)
        ) WITHOUT ROWID
        """,
        "CREATE INDEX memory_vectors_by_change ON memory_vectors (model, db_connection_id, scope, changed)",
        "CREATE INDEX memory_vectors_by_memory ON memory_vectors (seq)",
      ]),
    Migration(
      number: 29, name: "vectors that went",
      statements: [
        // For the sets of vectors that are kept in memory; emptied at each start.
        """
        CREATE TABLE vector_removals (
          db_connection_id TEXT NOT NULL,
          scope TEXT NOT NULL,
          changed BIGINT NOT NULL,
          seq BIGINT NOT NULL,
          PRIMARY KEY (db_connection_id, scope, changed)
        ) WITHOUT ROWID
        """
      ]),
  ]
}
