/// What kept replies are about, so that they go with it.
enum ReplyMigrations {
  static let list: [Migration] = [
    Migration(
      number: 28, name: "what kept replies are about",
      statements: [
        """
        CREATE TABLE reply_subjects (
          subject TEXT NOT NULL,
          principal TEXT NOT NULL,
          method INTEGER NOT NULL,
          idempotency_key BLOB NOT NULL,
          PRIMARY KEY (subject, principal, method, idempotency_key)
        ) WITHOUT ROWID
        """,
        "CREATE INDEX reply_subjects_by_reply ON reply_subjects (principal, method, idempotency_key)",
        // Those of before say it in their bytes alone; they are gone after a day.
        "ALTER TABLE replies ADD COLUMN has_subjects INTEGER NOT NULL DEFAULT 0",
        "CREATE INDEX replies_without_subjects ON replies (created_at) WHERE has_subjects = 0",
      ])
  ]
}
