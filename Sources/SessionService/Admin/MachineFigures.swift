import Glibc
import SQLite
import Synchronization
import Wire

/// What the service runs on.
enum MachineFigures {
  /// When the certificate of the TLS listener ends, in seconds since 1970; 0 without one.
  static let certificateEnd = Atomic<Int64>(0)

  /// - Parameter folder: the data folder.
  static func stats(folder: String) -> [Stat] {
    var stats = [Stat("sqlite_version", Double(SQLiteConnection.libraryVersion))]
    var disk = statvfs()
    if statvfs(folder, &disk) == 0 { stats.append(Stat("disk_free_bytes", Double(disk.f_bavail) * Double(disk.f_frsize))) }
    let end = certificateEnd.load(ordering: .relaxed)
    if end > 0 { stats.append(Stat("certificate_end_seconds", Double(end))) }
    return stats
  }
}
