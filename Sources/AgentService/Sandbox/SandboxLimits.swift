/// What a program in the sandbox may use.
enum SandboxLimits {
  /// Of wall time, unless the call says otherwise.
  static let seconds = 30
  static let maxSeconds = 120
  /// Of processor time, for each process.
  static let cpuSeconds = 120
  /// Of address space, for each process. Not less: pandas alone maps 600 MiB.
  static let memoryBytes = 2 * 1024 * 1024 * 1024
  static let processes = 48
  static let openFiles = 256
  /// Of everything that is written, in memory: its folder, and its temporary files.
  static let folderBytes = 256 * 1024 * 1024
  static let temporaryBytes = 128 * 1024 * 1024
  /// Of what is taken over into the session's folder.
  static let resultBytes = 64 * 1024 * 1024
  static let resultFiles = 200
  /// Of what the program prints: so much from the beginning, and so much from the end.
  static let outputBytes = 12 * 1024
  /// Of the session's own files that it finds in its folder.
  static let inputBytes = 64 * 1024 * 1024
}
