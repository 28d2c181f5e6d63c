import Glibc

/// The command line that runs a program where it can do no harm: bubblewrap, in namespaces of its own.
///
/// It has no network, sees no process but its own, and of the system's files only the programs and libraries, to read. What it
/// writes goes into memory and is gone with it. Limits are set by `prlimit`. A node that runs as root gives up its rights first,
/// because neither the limit of processes nor file permissions hold for root.
enum SandboxCommand {
  private static let nobody = "65534"
  private static let programs = ["/usr/bin/bwrap", "/usr/bin/prlimit", "/usr/bin/python3"]
  /// Of `/etc`, what programs need to find libraries and fonts.
  private static let configuration = [
    "/etc/ld.so.cache", "/etc/alternatives", "/etc/fonts", "/etc/matplotlibrc", "/etc/localtime",
  ]

  /// The settings of Python, whatever its version on this node: `/etc/python3` and such as `/etc/python3.11`.
  private static let pythonConfiguration: [String] = {
    var found = glob_t()
    defer { globfree(&found) }
    guard glob("/etc/python3*", 0, nil, &found) == 0, let paths = found.gl_pathv else { return [] }
    return (0..<Int(found.gl_pathc)).compactMap { paths[$0].map { String(cString: $0) } }
  }()

  /// The programs that are missing on this node.
  static func missing() -> [String] {
    let needed = programs + (geteuid() == 0 ? ["/usr/bin/setpriv"] : [])
    return needed.filter { access($0, X_OK) != 0 }
  }

  /// - Parameters:
  ///   - input: a folder of this node that it finds as `/input`, to read.
  ///   - command: what runs inside.
  static func words(input: String, command: [String]) -> [String] {
    var words: [String] = []
    if geteuid() == 0 {
      words += ["/usr/bin/setpriv", "--reuid=\(nobody)", "--regid=\(nobody)", "--clear-groups", "--no-new-privs"]
    }
    words += [
      "/usr/bin/prlimit", "--cpu=\(SandboxLimits.cpuSeconds)", "--as=\(SandboxLimits.memoryBytes)",
      "--nproc=\(SandboxLimits.processes)", "--nofile=\(SandboxLimits.openFiles)", "--fsize=\(SandboxLimits.folderBytes)",
      "--core=0", "--",
    ]
    words += [
      "/usr/bin/bwrap", "--unshare-all", "--unshare-user", "--disable-userns", "--die-with-parent", "--new-session", "--clearenv",
      "--hostname", "sandbox", "--uid", nobody, "--gid", nobody, "--cap-drop", "ALL",
      "--ro-bind", "/usr", "/usr", "--symlink", "usr/bin", "/bin", "--symlink", "usr/sbin", "/sbin", "--symlink", "usr/lib",
      "/lib",
      "--symlink", "usr/lib64", "/lib64",
    ]
    for path in configuration + pythonConfiguration { words += ["--ro-bind-try", path, path] }
    words += [
      "--proc", "/proc", "--dev", "/dev", "--size", "\(SandboxLimits.temporaryBytes)", "--tmpfs", "/tmp",
      "--size", "\(SandboxLimits.folderBytes)", "--tmpfs", "/session", "--ro-bind", input, "/input", "--symlink", "input/data",
      "/data", "--chdir", "/session", "--remount-ro", "/",
    ]
    let environment = [
      "PATH": "/usr/bin:/bin", "HOME": "/tmp", "LANG": "C.UTF-8", "TMPDIR": "/tmp", "MPLBACKEND": "Agg", "MPLCONFIGDIR": "/tmp",
      "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1",
    ]
    for (name, value) in environment.sorted(by: { $0.key < $1.key }) { words += ["--setenv", name, value] }
    return words + ["--"] + command
  }
}
