import CSQLite

/// A file that one connection has open, with the locks that it holds.
final class SimFileHandle {
  /// What SQLite keeps for us: its own header, and the handle.
  struct Opened {
    var header: sqlite3_file
    var handle: UnsafeMutableRawPointer?
  }

  private let disk: SimDisk
  private let file: SimDisk.File
  private let boot: Int
  /// SQLITE_LOCK_NONE ... SQLITE_LOCK_EXCLUSIVE.
  private var lock = SQLITE_LOCK_NONE
  private var shared: SimSharedMemory?

  private init(_ file: SimDisk.File, on disk: SimDisk) {
    self.disk = disk
    self.file = file
    boot = disk.boot
  }

  static func open(
    _ name: String, on disk: SimDisk, into target: UnsafeMutablePointer<sqlite3_file>?, create: Bool
  ) -> Int32 {
    guard let target else { return SQLITE_CANTOPEN }
    target.pointee.pMethods = nil
    guard let file = disk.file(name, create: create) else { return SQLITE_CANTOPEN }
    let handle = SimFileHandle(file, on: disk)
    file.handles.append(handle)
    UnsafeMutableRawPointer(target).assumingMemoryBound(to: Opened.self).pointee.handle =
      Unmanaged.passRetained(handle).toOpaque()
    target.pointee.pMethods = UnsafePointer(methods)
    return SQLITE_OK
  }

  private static func of(_ file: UnsafeMutablePointer<sqlite3_file>?) -> Unmanaged<SimFileHandle>? {
    guard let file else { return nil }
    return UnsafeMutableRawPointer(file).assumingMemoryBound(to: Opened.self).pointee.handle.map {
      Unmanaged.fromOpaque($0)
    }
  }

  /// Runs on the handle, unless its process is dead.
  private static func with(
    _ file: UnsafeMutablePointer<sqlite3_file>?, _ body: (SimFileHandle) -> Int32
  ) -> Int32 {
    guard let handle = of(file)?.takeUnretainedValue(), handle.boot == handle.disk.boot else { return SQLITE_IOERR }
    return body(handle)
  }

  private static func code(_ failure: SimDisk.Failure?, _ otherwise: Int32) -> Int32 {
    switch failure {
    case nil: SQLITE_OK
    case .full: SQLITE_FULL
    case .writeError, .syncError: otherwise
    }
  }

  private static let ioerrWrite = SQLITE_IOERR | (3 << 8)
  private static let ioerrSync = SQLITE_IOERR | (4 << 8)
  private static let ioerrShortRead = SQLITE_IOERR | (2 << 8)

  /// Made once, never changed.
  private nonisolated(unsafe) static let methods: UnsafeMutablePointer<sqlite3_io_methods> = {
    let methods = UnsafeMutablePointer<sqlite3_io_methods>.allocate(capacity: 1)
    var table = sqlite3_io_methods()
    table.iVersion = 2
    table.xClose = { file in
      guard let handle = of(file) else { return SQLITE_OK }
      handle.takeUnretainedValue().close()
      handle.release()
      return SQLITE_OK
    }
    table.xRead = { file, target, count, offset in
      with(file) { $0.read(UnsafeMutableRawBufferPointer(start: target, count: Int(count)), at: Int(offset)) }
    }
    table.xWrite = { file, source, count, offset in
      with(file) {
        code($0.disk.write(UnsafeRawBufferPointer(start: source, count: Int(count)), at: Int(offset), in: $0.file), ioerrWrite)
      }
    }
    table.xTruncate = { file, size in with(file) { code($0.disk.truncate($0.file, to: Int(size)), ioerrWrite) } }
    table.xSync = { file, _ in with(file) { code($0.disk.sync($0.file), ioerrSync) } }
    table.xFileSize = { file, out in
      with(file) {
        out?.pointee = Int64($0.file.bytes.count)
        return SQLITE_OK
      }
    }
    table.xLock = { file, level in with(file) { $0.lock(level) } }
    table.xUnlock = { file, level in
      with(file) {
        $0.lock = level
        return SQLITE_OK
      }
    }
    table.xCheckReservedLock = { file, out in
      with(file) { handle in
        out?.pointee = handle.file.handles.contains { $0.lock >= SQLITE_LOCK_RESERVED } ? 1 : 0
        return SQLITE_OK
      }
    }
    table.xFileControl = { _, _, _ in SQLITE_NOTFOUND }
    table.xSectorSize = { _ in 4_096 }
    // What the system's own file system says too.
    table.xDeviceCharacteristics = { _ in SQLITE_IOCAP_POWERSAFE_OVERWRITE }
    table.xShmMap = { file, region, size, extend, out in
      with(file) {
        out?.pointee = $0.memory.region(Int(region), size: Int(size), extend: extend != 0)
        return SQLITE_OK
      }
    }
    table.xShmLock = { file, offset, count, flags in
      with(file) { $0.memory.lock(ObjectIdentifier($0), Int(offset)..<Int(offset + count), flags) ? SQLITE_OK : SQLITE_BUSY }
    }
    table.xShmBarrier = { _ in }
    table.xShmUnmap = { file, _ in
      with(file) {
        $0.shared?.unlockAll(ObjectIdentifier($0))
        $0.shared = nil
        return SQLITE_OK
      }
    }
    methods.initialize(to: table)
    return methods
  }()

  private func close() {
    file.handles.removeAll { $0 === self }
    if boot == disk.boot, file.handles.isEmpty { file.shared = nil }
  }

  private func read(_ target: UnsafeMutableRawBufferPointer, at offset: Int) -> Int32 {
    file.bytes.read(at: offset, into: target) == target.count ? SQLITE_OK : Self.ioerrShortRead
  }

  private func lock(_ level: Int32) -> Int32 {
    let others = file.handles.filter { $0 !== self }.map(\.lock).max() ?? SQLITE_LOCK_NONE
    let isFree =
      switch level {
      case SQLITE_LOCK_SHARED: others < SQLITE_LOCK_PENDING
      case SQLITE_LOCK_RESERVED: others < SQLITE_LOCK_RESERVED
      default: others == SQLITE_LOCK_NONE
      }
    guard isFree else { return SQLITE_BUSY }
    lock = max(lock, level)
    return SQLITE_OK
  }

  private var memory: SimSharedMemory {
    if let shared { return shared }
    let memory = file.shared ?? SimSharedMemory()
    file.shared = memory
    shared = memory
    return memory
  }
}

/// The memory and the locks that connections to one database share.
final class SimSharedMemory {
  private var regions: [UnsafeMutableRawPointer] = []
  private var shared: [[ObjectIdentifier]] = Array(repeating: [], count: Int(SQLITE_SHM_NLOCK))
  private var exclusive: [ObjectIdentifier?] = Array(repeating: nil, count: Int(SQLITE_SHM_NLOCK))

  deinit { for region in regions { region.deallocate() } }

  func region(_ index: Int, size: Int, extend: Bool) -> UnsafeMutableRawPointer? {
    guard extend || index < regions.count else { return nil }
    while regions.count <= index {
      let region = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 16)
      region.initializeMemory(as: UInt8.self, repeating: 0, count: size)
      regions.append(region)
    }
    return regions[index]
  }

  func lock(_ owner: ObjectIdentifier, _ slots: Range<Int>, _ flags: Int32) -> Bool {
    if flags & SQLITE_SHM_UNLOCK != 0 {
      for slot in slots {
        shared[slot].removeAll { $0 == owner }
        if exclusive[slot] == owner { exclusive[slot] = nil }
      }
      return true
    }
    let wantsAll = flags & SQLITE_SHM_EXCLUSIVE != 0
    for slot in slots {
      if let holder = exclusive[slot], holder != owner { return false }
      if wantsAll, shared[slot].contains(where: { $0 != owner }) { return false }
    }
    for slot in slots {
      if wantsAll { exclusive[slot] = owner } else if !shared[slot].contains(owner) { shared[slot].append(owner) }
    }
    return true
  }

  func unlockAll(_ owner: ObjectIdentifier) { _ = lock(owner, 0..<shared.count, SQLITE_SHM_UNLOCK) }
}
