/// Who may connect.
enum KeyMigrations {
  static let list: [Migration] = [
    Migration(
      number: 25, name: "keys that expire or see some connections alone",
      statements: [
        // One alias a line; NULL means all.
        "ALTER TABLE keys ADD COLUMN connections TEXT",
        "ALTER TABLE keys ADD COLUMN expires_at BIGINT NOT NULL DEFAULT 0",
      ]),
    Migration(
      number: 26, name: "rotation of the master key",
      statements: [
        "CREATE TABLE master_key (proof BLOB NOT NULL, server_id TEXT NOT NULL)",
        // Of keys that are older than the master key; NULL where the secret is derived from it.
        "ALTER TABLE keys ADD COLUMN sealed_secret BLOB",
      ]),
    Migration(
      number: 27, name: "rates of keys", statements: ["ALTER TABLE keys ADD COLUMN rate BIGINT NOT NULL DEFAULT 0"]),
  ]
}
