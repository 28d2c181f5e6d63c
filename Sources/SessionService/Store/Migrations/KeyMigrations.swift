/// Who may connect.
enum KeyMigrations {
  static let list: [Migration] = [
    Migration(
      number: 25, name: "keys that expire or see some connections alone",
      statements: [
        // One alias a line; NULL means all.
        "ALTER TABLE keys ADD COLUMN connections TEXT",
        "ALTER TABLE keys ADD COLUMN expires_at BIGINT NOT NULL DEFAULT 0",
      ])
  ]
}
