import Glibc
import SQLite
import Wire

/// What the service runs on.
enum MachineFigures {
  /// - Parameter folder: the data folder.
  static func stats(folder: String) -> [Stat] {
    var stats = [Stat("sqlite_version", Double(SQLiteConnection.libraryVersion))]
    var disk = statvfs()
    if statvfs(folder, &disk) == 0 { stats.append(Stat("disk_free_bytes", Double(disk.f_bavail) * Double(disk.f_frsize))) }
    return stats
  }
}
