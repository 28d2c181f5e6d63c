import Glibc
import Wire

/// The one secret of a data folder: every key and every sealed secret hangs on it. It lies in the folder, or in a file that somebody else
/// brings; the store has a proof of it, so that a wrong one is refused before anything is done with it.
struct MasterKey: Sendable {
  static let fileName = "master.key"
  /// The one that a rotation is about to put in its place.
  static let nextName = "master.key.next"
  static let byteCount = 32

  let bytes: [UInt8]

  /// What the store keeps of it.
  var proof: [UInt8] { KeyDerivation.secret(master: bytes, keyId: "master key proof") }

  /// Reads the master key, or makes it at the first start, of which it leaves a mark until ``firstStartIsOver(in:)``.
  /// - Parameter file: where it is, if not in the folder: 32 bytes, or 64 hex digits.
  /// - Throws: `local_io`, or `corrupt` when the file is not one.
  static func load(in folder: DataFolder, file: String?, surroundings: Surroundings) throws(WireError) -> MasterKey {
    try requireNoLoss(in: folder)
    if let file {
      let brought = try read(file)
      if DataFolder.size(folder.databasePath) ?? 0 == 0 { try folder.write(firstStartName, []) }
      return brought
    }
    if let known = try folder.read(fileName) { return try MasterKey(known, folder.path + "/" + fileName) }
    guard access(folder.databasePath, F_OK) != 0 else {
      throw WireError(
        .corrupt, "'\(folder.path)' has a database and no master key",
        hint: "Put its \(fileName) back, from a backup, or give --master-key-file if the key is kept elsewhere.")
    }
    let made = MasterKey(bytes: surroundings.randomBytes(byteCount))
    try folder.write(firstStartName, [])
    try folder.write(fileName, made.bytes)
    return made
  }

  /// There while the first start has not come to its end: what is missing then was never made.
  private static let firstStartName = "first-start"

  /// A folder that has what belongs to a database, and no database, has lost it.
  /// - Throws: `corrupt` with what was found; nothing is touched.
  private static func requireNoLoss(in folder: DataFolder) throws(WireError) {
    guard DataFolder.size(folder.databasePath) ?? 0 == 0, !isFirstStart(in: folder) else { return }
    let log = DataFolder.size(folder.databasePath + "-wal") ?? 0 > 0
    let names = [fileName, "admin.key"].filter { DataFolder.size(folder.path + "/" + $0) != nil } + (log ? ["kai.db-wal"] : [])
    guard !names.isEmpty else { return }
    throw WireError(
      .corrupt, "'\(folder.path)' has \(names.joined(separator: ", ")) and no database: kai.db is missing or empty",
      hint: "Put kai.db back beside its log, or restore a backup into a new folder. For a new start choose another --data folder."
    )
  }

  /// Whether the first start has begun and has not come to its end.
  static func isFirstStart(in folder: DataFolder) -> Bool { access(folder.path + "/" + firstStartName, F_OK) == 0 }

  /// The first start has made everything that there is to make.
  static func firstStartIsOver(in folder: DataFolder) throws(WireError) { try folder.remove(firstStartName) }

  /// One that somebody brings.
  /// - Throws: `local_io`, or `corrupt` when the file is not one.
  static func read(_ path: String) throws(WireError) -> MasterKey {
    guard let content = try DataFolder.read(path: path) else {
      throw WireError(.localIo, "there is no master key in '\(path)'")
    }
    return try MasterKey(content, path)
  }

  init(bytes: [UInt8]) { self.bytes = bytes }

  private init(_ content: [UInt8], _ path: String) throws(WireError) {
    guard let parsed = KeyDerivation.masterKey(parsing: content) else {
      throw WireError(
        .corrupt, "'\(path)' holds no master key: it must have \(Self.byteCount) bytes, or \(2 * Self.byteCount) hex digits",
        hint: "Restore it from a backup; without it no key and no connection of this data folder works.")
    }
    bytes = parsed
  }

  /// Makes sure that the key is the store's, or writes down that it is from now on.
  /// - Returns: the key that holds, and the server's id. It is another than this one when a crash came between the two steps of a
  ///   rotation.
  /// - Throws: `corrupt` when it is not the store's.
  func settled(
    in folder: DataFolder, isInFolder: Bool, _ store: some Store
  ) async throws(WireError) -> (key: MasterKey, serverId: String) {
    let record = try await store.write { [self] (transaction) throws(WireError) in
      if let record = try MasterKeyRepository.find(in: transaction) { return record }
      let record = MasterKeyRepository.Record(proof: proof, serverId: ServerIdentity.serverId(master: bytes))
      try MasterKeyRepository.put(record, in: transaction)
      return record
    }
    var key = self
    if isInFolder, let content = try folder.read(Self.nextName) {
      let next = try MasterKey(content, folder.path + "/" + Self.nextName)
      if next.proof == record.proof {
        try folder.rename(Self.nextName, to: Self.fileName)
        key = next
      } else {
        unlink(folder.path + "/" + Self.nextName)
      }
    }
    guard key.proof == record.proof else {
      throw WireError(
        .corrupt, "the master key is not the one of this data folder",
        hint: "Give the right one with --master-key-file, or put its \(Self.fileName) back.")
    }
    return (key, record.serverId)
  }

  /// Puts another key in its place: what was sealed with this one is sealed with the other, and the secrets that were derived from it
  /// are kept, so that every key goes on. The service must not run.
  /// - Throws: what the store says; nothing has changed then.
  func rotate(to new: MasterKey, in folder: DataFolder, isInFolder: Bool, _ store: some Store) async throws(WireError) {
    if isInFolder { try folder.write(Self.nextName, new.bytes) }
    let (old, fresh) = (SecretVault(master: bytes), SecretVault(master: new.bytes))
    try await store.write { [self] (transaction) throws(WireError) in
      guard let record = try MasterKeyRepository.find(in: transaction), record.proof == proof else {
        throw WireError(.corrupt, "the master key is not the one of this data folder")
      }
      for (id, sealed) in try ConnectionRepository.sealedURIs(in: transaction) {
        try ConnectionRepository.reseal(id, try fresh.seal(try old.open(sealed, owner: id), owner: id), in: transaction)
      }
      let kept = try KeyRepository.sealedSecrets(in: transaction)
      for key in try KeyRepository.all(in: transaction) where key.revokedAt.microseconds == 0 {
        let secret =
          try kept[key.id].map { (sealed) throws(WireError) in try old.open(sealed, owner: key.id) }
          ?? hex(KeyDerivation.secret(master: bytes, keyId: key.id))
        try KeyRepository.keepSecret(key.id, try fresh.seal(secret, owner: key.id), in: transaction)
      }
      try MasterKeyRepository.put(MasterKeyRepository.Record(proof: new.proof, serverId: record.serverId), in: transaction)
    }
    if isInFolder { try folder.rename(Self.nextName, to: Self.fileName) }
  }
}
