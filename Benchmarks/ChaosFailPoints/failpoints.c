#define _GNU_SOURCE
#include "failpoints.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum point { NONE, BEFORE_SYNC, AFTER_SYNC, BEFORE_ANSWER, POWER_CUT, LYING_DISK };

static const char *const names[] = {"none", "before_sync", "after_sync", "before_answer", "power_cut", "lying_disk"};
static const long lies = 40;
static const long all_synced = 0x7fffffffffffffff;

static enum point point = NONE;
static long after = 0;
static int log_file = -1;

static atomic_long calls;
/// Something became durable, and no socket has been written to since.
static atomic_bool answer_is_due;
/// The bytes of the write-ahead log that are not synced. Only its one writer's thread moves them.
static atomic_long unsynced_from = all_synced, unsynced_to = 0;

// The kernel is called directly: a lookup of the next definition would be one more thing that can fail.

static void say(const char *text) {
  if (log_file >= 0) syscall(SYS_write, log_file, text, strlen(text));
}

__attribute__((constructor)) static void arm(void) {
  const char *name = getenv("KAI_FAIL_POINT"), *count = getenv("KAI_FAIL_AFTER"), *path = getenv("KAI_FAIL_LOG");
  if (!name || !count || !path) return;
  for (int i = BEFORE_SYNC; i <= LYING_DISK; i++) {
    if (strcmp(name, names[i]) == 0) point = i;
  }
  after = atol(count);
  log_file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  char line[80];
  snprintf(line, sizeof line, "armed %s %ld\n", names[point], after);
  say(line);
}

static void name_of(int fd, char *path, size_t size) {
  char link[40];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, size - 1);
  path[length > 0 ? length : 0] = 0;
}

static bool is_log(int fd) {
  char path[512];
  name_of(fd, path, sizeof path);
  size_t length = strlen(path);
  return length > 4 && strcmp(path + length - 4, "-wal") == 0;
}

static void die(int fd, long call) {
  char path[512], line[700];
  name_of(fd, path, sizeof path);
  long from = atomic_load(&unsynced_from);
  long to = atomic_load(&unsynced_to);
  snprintf(line, sizeof line, "hit %s %ld %ld %ld %s\n", names[point], call, from == all_synced ? 0 : from, to, path);
  say(line);
  syscall(SYS_kill, getpid(), SIGKILL);
  for (;;) pause();
}

static int synced(int fd, long number) {
  bool log = (point == POWER_CUT || point == LYING_DISK) && is_log(fd);
  long call = 0;
  if (point == BEFORE_SYNC || point == AFTER_SYNC || log) call = atomic_fetch_add(&calls, 1) + 1;
  if (point == BEFORE_SYNC && call == after) die(fd, call);
  if (point == POWER_CUT && log && call >= after) die(fd, call);
  if (point == LYING_DISK && log && call >= after) {
    if (call >= after + lies) die(fd, call);
    atomic_store(&answer_is_due, true);
    return 0;
  }
  int result = (int)syscall(number, fd);
  if (result == 0 && log) {
    atomic_store(&unsynced_from, all_synced);
    atomic_store(&unsynced_to, 0);
  }
  if (point == AFTER_SYNC && call == after) die(fd, call);
  atomic_store(&answer_is_due, true);
  return result;
}

int fsync(int fd) { return synced(fd, SYS_fsync); }
int fdatasync(int fd) { return synced(fd, SYS_fdatasync); }

static ssize_t written_at(int fd, const void *bytes, size_t count, off64_t offset) {
  if ((point == POWER_CUT || point == LYING_DISK) && is_log(fd)) {
    if (offset < atomic_load(&unsynced_from)) atomic_store(&unsynced_from, offset);
    if (offset + (off64_t)count > atomic_load(&unsynced_to)) atomic_store(&unsynced_to, offset + (off64_t)count);
  }
  return syscall(SYS_pwrite64, fd, bytes, count, offset);
}

ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t offset) { return written_at(fd, bytes, count, offset); }
ssize_t pwrite(int fd, const void *bytes, size_t count, off_t offset) { return written_at(fd, bytes, count, offset); }

static void answering(int fd) {
  if (point != BEFORE_ANSWER) return;
  struct stat about;
  if (syscall(SYS_fstat, fd, &about) != 0 || !S_ISSOCK(about.st_mode)) return;
  if (!atomic_exchange(&answer_is_due, false)) return;
  long call = atomic_fetch_add(&calls, 1) + 1;
  if (call == after) die(fd, call);
}

ssize_t write(int fd, const void *bytes, size_t count) {
  answering(fd);
  return syscall(SYS_write, fd, bytes, count);
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
  answering(fd);
  return syscall(SYS_writev, fd, parts, count);
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags) {
  answering(fd);
  return syscall(SYS_sendmsg, fd, message, flags);
}

ssize_t sendto(
    int fd, const void *bytes, size_t count, int flags, const struct sockaddr *address, socklen_t size) {
  answering(fd);
  return syscall(SYS_sendto, fd, bytes, count, flags, address, size);
}

ssize_t send(int fd, const void *bytes, size_t count, int flags) { return sendto(fd, bytes, count, flags, NULL, 0); }
