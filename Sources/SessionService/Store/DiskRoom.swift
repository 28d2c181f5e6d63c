import Glibc
import Wire

/// Whether the disk of the data folder has room for more.
///
/// The last of it is kept for what frees some: a deletion has to write too.
enum DiskRoom: Sendable, Equatable {
  case enough
  /// There is little left, but the store's file has free pages: the log is kept short.
  case little
  /// Only what frees room is taken.
  case none(freeBytes: Int)

  /// Kept for deletions, in bytes.
  static let reserveBytes = 16 * 1_048_576
  /// What a log that is kept short, and its index, may need at most.
  static let leastBytes = 4 * 1_048_576
  /// What a start needs.
  static let startBytes = 1_048_576

  /// - Parameter reusableBytes: how many bytes of the store's file hold nothing; asked only when the disk is nearly full.
  init(freeBytes: Int, reusableBytes: () async -> Int) async {
    if freeBytes >= Self.reserveBytes {
      self = .enough
    } else if freeBytes >= Self.leastBytes, await reusableBytes() >= Self.reserveBytes {
      self = .little
    } else {
      self = .none(freeBytes: freeBytes)
    }
  }

  /// Why a method that makes the store grow is refused; nil when it is not.
  var refusal: WireError? {
    guard case .none(let freeBytes) = self else { return nil }
    return WireError(
      .storageFull,
      "the data folder's disk has \(Self.mebibytes(freeBytes)) MiB left; the last \(Self.reserveBytes / 1_048_576) MiB are kept for what frees room",
      hint: "Free space on the disk, or delete sessions, artifacts or memories; that is still taken.")
  }

  /// How many bytes may still be written where `folder` is; nil when nobody can say.
  static func freeBytes(_ folder: String) -> Int? {
    var disk = statvfs()
    guard statvfs(folder, &disk) == 0 else { return nil }
    return Int(clamping: UInt64(disk.f_bavail).multipliedReportingOverflow(by: UInt64(disk.f_frsize)).partialValue)
  }

  /// - Throws: `storage_full` when the disk has too little room for a start: SQLite's index of the log is a memory map, and a process
  ///   that touches a page of one for which the disk has no room is ended by a signal.
  static func requireForStart(_ folder: String) throws(WireError) {
    guard let left = freeBytes(folder) else { return }
    // What the index of an earlier run takes is given back when the store is opened.
    let free = left + (DataFolder.size(folder + "/kai.db-shm") ?? 0)
    guard free < startBytes else { return }
    throw WireError(
      .storageFull,
      "the disk of the data folder '\(folder)' has \(free / 1_024) KiB left; a start needs \(startBytes / 1_024) KiB",
      hint:
        "Free some space and start again. With less than \(reserveBytes / 1_048_576) MiB it reads, and takes what frees room."
    )
  }

  private static func mebibytes(_ bytes: Int) -> String {
    let tenths = bytes / 104_858
    return "\(tenths / 10).\(tenths % 10)"
  }
}

extension Method {
  /// Whether it is refused when the disk has no room: everything that may make the store grow. Nodes stay attached.
  var needsRoom: Bool { rule.mutates && !Self.takenWithoutRoom.contains(self) }

  private static let takenWithoutRoom: Set<Method> = [
    .sessionDelete, .sessionPrune, .sessionPause, .sessionClose, .taskCancel, .memoryForget, .knowledgeDelete, .blockDelete,
    .artifactDelete, .connectionDelete, .keyRevoke, .nodeDrain,
  ]
}
