import Glibc
import Wire

/// How `kaictl dev` starts the services.
struct DevSettings: Sendable {
  static let defaultData = "./kai-data"

  var data = DevSettings.defaultData
  var listen = Target.localServer
  var slots: UInt32 = 8
  var model = "offline"
  /// Nil leaves it to kai-agent.
  var modelURL: String?
  var modelKeyFile: String?
  var results: String?

  var adminKeyPath: String { data + "/admin.key" }

  func sessionArguments(readyFile: String) -> [String] {
    ["--data", data, "--listen", listen, "--http", "off", "--ready-file", readyFile]
  }

  func agentArguments(address: String, keyPath: String, readyFile: String) -> [String] {
    var arguments = [
      "--server", address, "--key-file", keyPath, "--slots", "\(slots)", "--model", model, "--ready-file", readyFile,
      // All that is on this machine is theirs who run it.
      "--databases-hosts", "any,loopback,unix",
    ]
    for (name, value) in [("--model-url", modelURL), ("--model-key-file", modelKeyFile), ("--results", results)] {
      if let value { arguments += [name, value] }
    }
    return arguments
  }

  /// A program that lies beside this one.
  /// - Throws: `local_io` when it is not there.
  func binary(_ name: String) throws(WireError) -> String {
    guard let own = LocalFile.linkTarget("/proc/self/exe"), let slash = own.lastIndex(of: "/") else {
      throw LocalFile.failure("find", "kaictl itself")
    }
    let path = own[...slash] + name
    guard access(String(path), X_OK) == 0 else {
      throw WireError(
        .localIo, "there is no \(name) beside kaictl, at '\(path)'", hint: "Install or build all three programs together.")
    }
    return String(path)
  }
}
