import Glibc

/// How many files and sockets the process may have open.
public enum OpenFiles {
  /// More than any configuration needs; programs that close everything before they start another one look at each number below it.
  private static let most: rlim_t = 65_536

  /// Raises the soft limit to the hard one: the usual 1 024 are fewer than the connections that a service takes.
  public static func raiseLimit() {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0, limit.rlim_cur < min(limit.rlim_max, most) else {
      return
    }
    limit.rlim_cur = min(limit.rlim_max, most)
    // Where it cannot be raised, the service has what it had.
    _ = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
  }
}
