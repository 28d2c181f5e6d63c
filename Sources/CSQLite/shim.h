#pragma once
#include <sqlite3.h>

// sqlite3_db_config is variadic, which Swift cannot call. Defensive mode: SQL cannot corrupt the database file.
static inline int kai_sqlite_defensive(sqlite3 *db) {
  return sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, (int *)0);
}

// For SQL and schemas that were written by others: a misspelt name in double quotes is an error and no text, and functions
// with side effects cannot be called from views.
static inline int kai_sqlite_untrusted(sqlite3 *db) {
  int code = sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DML, 0, (int *)0);
  if (code == SQLITE_OK) code = sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DDL, 0, (int *)0);
  if (code == SQLITE_OK) code = sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, (int *)0);
  return code;
}

// sqlite3_config is variadic, too. Pages are allocated when they are needed, not twenty at once for each connection that reads its
// first; must come before anything else of the library.
static inline int kai_sqlite_single_pages(void) {
  return sqlite3_config(SQLITE_CONFIG_PAGECACHE, (void *)0, 0, 0);
}

// No memory that is set aside for small allocations: 48 KiB for each connection, used or not.
static inline int kai_sqlite_no_lookaside(sqlite3 *db) {
  return sqlite3_db_config(db, SQLITE_DBCONFIG_LOOKASIDE, (void *)0, 0, 0);
}
