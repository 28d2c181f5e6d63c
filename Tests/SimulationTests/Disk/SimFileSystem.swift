import CSQLite
import Glibc
import Synchronization

/// Puts the simulated disks under SQLite: a VFS (sqlite.org/vfs.html) that serves the paths below `/kai-sim/` and leaves all
/// others to the system's own.
enum SimFileSystem {
  private struct Registry {
    var disks: [String: Weak] = [:]
    var made = 0
  }

  private struct Weak: @unchecked Sendable {
    // The registry's lock guards the reference; the disk itself belongs to its simulation's thread.
    weak var disk: SimDisk?
  }

  private static let registry = Mutex(Registry())
  private static let root = "/kai-sim/"

  static func freshFolder() -> String {
    install
    return registry.withLock { registry in
      registry.made += 1
      return "\(root)\(registry.made)/"
    }
  }

  static func attach(_ disk: SimDisk) { registry.withLock { $0.disks[disk.folder] = Weak(disk: disk) } }

  static func detach(_ disk: SimDisk) { registry.withLock { _ = $0.disks.removeValue(forKey: disk.folder) } }

  /// The disk that holds a path, and the file's name on it.
  static func place(_ path: UnsafePointer<CChar>?) -> (disk: SimDisk, name: String)? {
    guard let path, strncmp(path, root, root.utf8.count) == 0 else { return nil }
    let whole = String(cString: path)
    guard let slash = whole.lastIndex(of: "/") else { return nil }
    let disk = registry.withLock { $0.disks[String(whole[...slash])]?.disk }
    return disk.map { ($0, String(whole[whole.index(after: slash)...])) }
  }

  /// Written once, before the first disk is there.
  private nonisolated(unsafe) static var system: UnsafeMutablePointer<sqlite3_vfs>?

  private static let install: Void = {
    guard let found = sqlite3_vfs_find(nil) else { preconditionFailure("SQLite has no file system") }
    system = found
    let ours = UnsafeMutablePointer<sqlite3_vfs>.allocate(capacity: 1)
    ours.initialize(to: found.pointee)
    ours.pointee.pNext = nil
    ours.pointee.zName = UnsafePointer(strdup("kai-sim"))
    ours.pointee.szOsFile = max(found.pointee.szOsFile, Int32(MemoryLayout<SimFileHandle.Opened>.size))
    ours.pointee.xOpen = { _, path, file, flags, outFlags in
      guard let (disk, name) = place(path) else {
        return system?.pointee.xOpen(system, path, file, flags, outFlags) ?? SQLITE_CANTOPEN
      }
      outFlags?.pointee = flags
      return SimFileHandle.open(name, on: disk, into: file, create: flags & SQLITE_OPEN_CREATE != 0)
    }
    ours.pointee.xDelete = { _, path, sync in
      guard let (disk, name) = place(path) else { return system?.pointee.xDelete(system, path, sync) ?? SQLITE_IOERR }
      disk.remove(name)
      return SQLITE_OK
    }
    ours.pointee.xAccess = { _, path, flags, out in
      guard let (disk, name) = place(path) else { return system?.pointee.xAccess(system, path, flags, out) ?? SQLITE_IOERR }
      // An empty log counts as none, as on a real file system.
      out?.pointee = disk.files[name].map { $0.bytes.count > 0 ? 1 : 0 } ?? 0
      return SQLITE_OK
    }
    ours.pointee.xFullPathname = { _, path, size, out in
      guard let path, let out, strncmp(path, root, root.utf8.count) == 0 else {
        return system?.pointee.xFullPathname(system, path, size, out) ?? SQLITE_CANTOPEN
      }
      guard strlen(path) < Int(size) else { return SQLITE_CANTOPEN }
      strcpy(out, path)
      return SQLITE_OK
    }
    precondition(sqlite3_vfs_register(ours, 1) == SQLITE_OK, "SQLite does not take the simulated file system")
  }()
}
