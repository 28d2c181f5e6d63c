/// A disk in memory that can lose its power between any two writes, fill up and fail.
///
/// A file has two states: what the running process sees, and what is certain to be there after a power cut. A sync makes the
/// one the other; a power cut keeps an arbitrary part of what was written since, the last write perhaps by half.
final class SimDisk: @unchecked Sendable {
  // Confined to the simulation's thread, but for the registry below.

  enum Failure {
    /// There is no room: writes fail until it is over, syncs do not.
    case full
    case writeError
    case syncError
  }

  final class File {
    let bytes: SimBytes
    fileprivate let durable: SimBytes
    fileprivate var unsynced: [Change] = []
    /// What the changes write, one after the other.
    fileprivate let unsyncedBytes = SimBytes()
    /// The handles that are open on it, for locks.
    var handles: [SimFileHandle] = []
    /// SQLite's index of the log, which the connections of one process share in memory.
    var shared: SimSharedMemory?

    fileprivate func persist(_ change: Change, half: Bool = false) {
      switch change {
      case .write(let offset, let range):
        let bytes = UnsafeRawBufferPointer(rebasing: unsyncedBytes.buffer[range])
        durable.write(half ? UnsafeRawBufferPointer(rebasing: bytes.prefix(bytes.count / 2)) : bytes, at: offset)
      case .truncate(let size):
        if !half { durable.truncate(to: size) }
      }
    }

    fileprivate func forgetUnsynced() {
      unsynced.removeAll(keepingCapacity: true)
      unsyncedBytes.truncate(to: 0)
    }

    fileprivate init(_ content: UnsafeRawBufferPointer) {
      bytes = SimBytes(content)
      durable = SimBytes(content)
    }
  }

  fileprivate enum Change {
    /// Bytes of `unsyncedBytes`.
    case write(at: Int, Range<Int>)
    case truncate(to: Int)
  }

  /// How SQLite finds this disk: every path below this folder is on it.
  let folder: String
  private(set) var files: [String: File]
  /// Rises when the process dies: what an older process has open is closed to it.
  private(set) var boot = 0
  /// Writes and syncs until the process dies in the midst of them.
  private var writesUntilDeath: Int?
  private(set) var isDead = false
  var failure: Failure?
  /// The planted bug: a sync that does nothing.
  var ignoresSyncs = false

  /// - Parameter image: the files that are there from the start.
  init(image: [String: [UInt8]] = [:]) {
    folder = SimFileSystem.freshFolder()
    files = image.mapValues { $0.withUnsafeBytes(File.init) }
    SimFileSystem.attach(self)
  }

  func detach() { SimFileSystem.detach(self) }

  var image: [String: [UInt8]] { files.mapValues { [UInt8]($0.bytes.buffer) } }

  // MARK: What SQLite asks for

  func file(_ name: String, create: Bool) -> File? {
    if let known = files[name] { return known }
    guard create, !isDead else { return nil }
    let made = File(UnsafeRawBufferPointer(start: nil, count: 0))
    files[name] = made
    return made
  }

  func remove(_ name: String) { if !isDead { files[name] = nil } }

  /// - Returns: why it failed, or nil.
  func write(_ new: UnsafeRawBufferPointer, at offset: Int, in file: File) -> Failure? {
    if let failure = countWrite() { return failure }
    if failure == .full || failure == .writeError { return failure }
    file.bytes.write(new, at: offset)
    let from = file.unsyncedBytes.count
    file.unsyncedBytes.write(new, at: from)
    file.unsynced.append(.write(at: offset, from..<from + new.count))
    return nil
  }

  func truncate(_ file: File, to size: Int) -> Failure? {
    if let failure = countWrite() { return failure }
    file.bytes.truncate(to: size)
    file.unsynced.append(.truncate(to: size))
    return nil
  }

  func sync(_ file: File) -> Failure? {
    if let failure = countWrite() { return failure }
    // What a failed sync has written of it nobody knows.
    if failure == .syncError { return failure }
    guard !ignoresSyncs else { return nil }
    for change in file.unsynced { file.persist(change) }
    file.forgetUnsynced()
    return nil
  }

  private func countWrite() -> Failure? {
    if let left = writesUntilDeath {
      writesUntilDeath = left - 1
      if left == 0 { isDead = true }
    }
    return isDead ? .writeError : nil
  }

  // MARK: Death

  /// The process will die when it has written and synced so often.
  func die(afterWrites count: Int) { writesUntilDeath = count }

  /// The process is dead; what it wrote is there for the next one, be it synced or not.
  func processDied() {
    boot += 1
    writesUntilDeath = nil
    isDead = false
    failure = nil
    for file in files.values {
      file.handles = []
      file.shared = nil
    }
  }

  /// The power is gone, and with it a part of what was not synced.
  func powerCut(_ random: (ClosedRange<Int64>) -> Int64) {
    processDied()
    for name in files.keys.sorted() {
      guard let file = files[name], !file.unsynced.isEmpty else { continue }
      let style = random(0...2)
      // All is lost; or what came first stays; or the disk wrote in its own order.
      let kept = style == 0 ? 0 : Int(random(0...Int64(file.unsynced.count)))
      for (index, change) in file.unsynced.enumerated() {
        let stays = style == 2 ? random(0...1) == 1 : index < kept
        if stays || (style == 1 && index == kept) { file.persist(change, half: !stays) }
      }
      file.forgetUnsynced()
      file.bytes.replace(by: file.durable)
    }
  }
}
