import ArgumentParser
import Glibc
import NIOCore
import Wire

struct BackupCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "backup", abstract: "Copies of everything durable.",
    subcommands: [Create.self, Verify.self, Restore.self])

  struct Create: ServerCommand {
    static let configuration = CommandConfiguration(
      abstract: "Write a backup of the running service to a file.",
      discussion: """
        It is one consistent moment of everything: sessions, checkpoints, tasks, memory, artifacts, keys. The service goes on meanwhile.
        The file holds the master key, too, and is as secret as the data folder; with --without-master-key it cannot be restored
        without that.
        """)
    @Argument(help: "Where to write it.") var file: String
    @Flag(help: "Leave the master key out.") var withoutMasterKey = false
    @Flag(help: "Write over the file.") var force = false
    @OptionGroup(title: "Global options") var options: GlobalOptions

    func run(_ server: ServerLink, _ printer: Printer) async throws {
      try LocalFile.requireFree(file, force: force)
      let target = try AtomicFile(path: file, mode: 0o600)
      try target.write(ByteBuffer(bytes: BackupArchive.file.magic))
      var manifest = BackupManifest()
      var isWhole = false
      var written: UInt64 = 0
      var parts: UInt64 = 0
      let bar = ProgressBar("backup", printer)
      try await server.stream(Methods.backupCreate, .with { $0.withoutMasterKey = withoutMasterKey }) {
        (item) throws(WireError) in
        let record = BackupArchive.record(item.message.kind, item.attachment)
        try target.write(record)
        written += UInt64(record.readableBytes)
        switch item.message.kind {
        case .manifest: manifest = try BackupManifest(decoding: item.attachment)
        case .part: parts += UInt64(BackupArchive.partBytes)
        case .end: isWhole = true
        case .masterKey, .unspecified: break
        }
        bar.show(min(parts, manifest.databaseBytes), of: manifest.databaseBytes)
        return .more
      }
      bar.end()
      guard isWhole else { throw WireError(.connectionLost, "the backup ended before its end") }
      try target.commit(overwrite: force)
      printer.object(manifest, id: file)
      printer.say("\(file): \(Quantities.bytes(written)), a database of \(Quantities.bytes(manifest.databaseBytes))", .dim)
    }
  }

  struct Verify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Read a backup and check every byte of it, without a service.",
      discussion: "Each record has a checksum, and the whole database the SHA-256 that it had when it was written.")
    @Argument(help: "The backup.") var file: String
    @OptionGroup(title: "Global options") var options: GlobalOptions

    func run() async throws {
      let printer = Printer(options)
      let bar = ProgressBar("verify", printer)
      let manifest = try BackupFile(path: file).read(bar.show) { (_, _) throws(WireError) in }
      bar.end()
      printer.object(manifest, id: file)
      printer.say("\(file) is whole", .dim)
    }
  }

  struct Restore: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Make a data folder out of a backup; then start kai-session on it.",
      discussion: """
        Nothing is written over: the folder must not have a database. Nodes and clients that were connected find the service where it
        was when the backup was made; what came later is gone.
        """)
    @Argument(help: "The backup.") var file: String
    @Option(help: ArgumentHelp("The data folder to make.", valueName: "dir")) var data: String
    @Option(help: ArgumentHelp("The master key, for a backup without.", valueName: "file")) var masterKey: String?
    @OptionGroup(title: "Global options") var options: GlobalOptions

    func run() async throws {
      let printer = Printer(options)
      let database = data + "/kai.db"
      guard !LocalFile.exists(database) else {
        throw WireError(.alreadyExists, "there is a database in '\(data)' already", hint: "Restore into another folder.")
      }
      // A log of another database would be taken for this one's, and damage it.
      let remains = ["kai.db-wal", "kai.db-shm", "kai.db-journal"].filter { LocalFile.exists(data + "/" + $0) }
      guard remains.isEmpty else {
        throw WireError(
          .alreadyExists, "'\(data)' still has \(remains.joined(separator: ", ")) of another database",
          hint: "Restore into another folder, or move these files aside first: they may hold what the backup lacks.")
      }
      try LocalFile.makeFolder(data, mode: 0o700)
      let target = try AtomicFile(path: database, mode: 0o600)
      var key: ByteBuffer?
      let bar = ProgressBar("restore", printer)
      let manifest = try BackupFile(path: file).read(bar.show) { (kind, bytes) throws(WireError) in
        if kind == .masterKey { key = bytes } else { try target.write(bytes) }
      }
      bar.end()
      if let masterKey {
        guard let given = KeyDerivation.masterKey(parsing: try LocalFile.read(masterKey)) else {
          throw WireError(.usage, "'\(masterKey)' holds no master key: it must have 32 bytes, or 64 hex digits")
        }
        key = ByteBuffer(bytes: given)
      }
      guard let key else {
        throw WireError(
          .failedPrecondition, "the backup has no master key",
          hint: "Give --master-key; without it no key and no connection works.")
      }
      // The key first: a database without its key would be taken for one with another.
      let keyPath = data + "/master.key"
      let there = LocalFile.exists(keyPath) ? KeyDerivation.masterKey(parsing: try LocalFile.read(keyPath)) : nil
      if there != Array(key.readableBytesView) {
        let keyFile = try AtomicFile(path: keyPath, mode: 0o600)
        try keyFile.write(key)
        try keyFile.commit(overwrite: false)
      }
      try target.commit(overwrite: false)
      printer.object(manifest, id: data)
      sayKeys(manifest, printer)
      printer.say("restored; start it with: kai-session --data \(ShellWord.path(data))", .dim)
    }

    /// Which keys work again: some may have been revoked since then, which nobody knows here.
    private func sayKeys(_ manifest: BackupManifest, _ printer: Printer) {
      let data = ShellWord.path(data)
      guard !manifest.keys.isEmpty else {
        return printer.say("Every key works as it did then; the backup does not say which. Look with 'kaictl key list'.")
      }
      printer.say("These keys work as they did then, also if they were revoked since:")
      for key in manifest.keys.prefix(20) { printer.say("  \(key.id)  \(key.role.label)  \(key.name)") }
      if manifest.keys.count > 20 { printer.say("  and \(manifest.keys.count - 20) more") }
      printer.say("To let in some alone, before the start: kai-session --data \(data) --revoke-all-but ID,ID")
    }
  }
}
