/// A library for LD_PRELOAD: it kills the process that it is loaded into at a named point. Nothing is called from outside.
///
/// KAI_FAIL_POINT   where the process kills itself with SIGKILL:
///   before_sync     instead of the call of fsync or fdatasync
///   after_sync      after such a call, before its caller goes on
///   before_answer   instead of the first write to a socket after a sync
///   power_cut       as before_sync of the write-ahead log; the line of the log says which bytes of it were never synced, so
///                   that whoever starts the process again can take them away, as a power cut would
///   lying_disk      for negative controls: from then on syncs of the write-ahead log do nothing, and 40 of them later the
///                   process dies as with power_cut
/// KAI_FAIL_AFTER   at which call of its kind (1, 2, 3 …)
/// KAI_FAIL_LOG     a file that gets the line "armed POINT AFTER" at the start, and "hit POINT CALL FROM TO FILE" at the end
#ifndef KAI_CHAOS_FAILPOINTS_H
#define KAI_CHAOS_FAILPOINTS_H
#endif
