#pragma once
#include <libpq-fe.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <string.h>
#include <sys/socket.h>

// The field codes are characters in C, which Swift does not import.
static inline const char *kai_pq_sqlstate(const PGresult *result) { return PQresultErrorField(result, PG_DIAG_SQLSTATE); }
static inline const char *kai_pq_primary(const PGresult *result) { return PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY); }
static inline const char *kai_pq_hint(const PGresult *result) { return PQresultErrorField(result, PG_DIAG_MESSAGE_HINT); }
static inline const char *kai_pq_detail(const PGresult *result) { return PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL); }

// A global variable of C that any thread may change, which Swift does not let us read.
extern char **environ;
static inline char **kai_pq_environment(void) { return environ; }

// What has come on a TCP socket since it was connected, in bytes; 0 for a socket of another kind. The place is that of
// tcpi_bytes_received in Linux' struct tcp_info: the header that has it cannot be included beside the C library's own.
static inline unsigned long long kai_received_bytes(int descriptor) {
  char info[136];
  socklen_t size = sizeof info;
  unsigned long long bytes = 0;
  if (getsockopt(descriptor, IPPROTO_TCP, 11 /* TCP_INFO */, info, &size) != 0 || size < sizeof info) return 0;
  memcpy(&bytes, info + 128, sizeof bytes);
  return bytes;
}

// What waits on a socket to be read, in bytes.
static inline int kai_waiting_bytes(int descriptor) {
  int waiting = 0;
  return ioctl(descriptor, FIONREAD, &waiting) == 0 ? waiting : 0;
}
