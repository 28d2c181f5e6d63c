import Glibc
import Wire

/// The clock of leases: CLOCK_BOOTTIME, which goes on while the machine sleeps, so that a node that was suspended knows that
/// its leases are over before it writes anything.
enum BootClock {
  /// Milliseconds since the machine started.
  static func milliseconds() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_BOOTTIME, &time)
    return Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
  }
}

/// Wall-clock time for what people read.
enum WallClock {
  static func now() -> Timestamp {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Timestamp(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000)
  }
}
