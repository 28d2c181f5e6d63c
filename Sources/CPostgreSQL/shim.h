#pragma once
#include <libpq-fe.h>

// The field codes are characters in C, which Swift does not import.
static inline const char *kai_pq_sqlstate(const PGresult *result) { return PQresultErrorField(result, PG_DIAG_SQLSTATE); }
static inline const char *kai_pq_primary(const PGresult *result) { return PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY); }
static inline const char *kai_pq_hint(const PGresult *result) { return PQresultErrorField(result, PG_DIAG_MESSAGE_HINT); }
static inline const char *kai_pq_detail(const PGresult *result) { return PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL); }

// A global variable of C that any thread may change, which Swift does not let us read.
extern char **environ;
static inline char **kai_pq_environment(void) { return environ; }
