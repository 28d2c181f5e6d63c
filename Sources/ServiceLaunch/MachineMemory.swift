import Glibc
import Wire

/// What a service needs of the machine's memory at least. With less it would be ended in the middle of its work, by the kernel or by an
/// allocation that fails, and say nothing.
struct MachineMemory: Sendable {
  /// Memory that a service needs, in bytes.
  static let leastBytes = 64 << 20
  /// Addresses that it needs, in bytes: stacks of threads and arenas of the allocator take many, of which few are ever used.
  static let leastAddressBytes = 512 << 20

  /// What the control group allows, in bytes; nil for no limit.
  let groupBytes: Int?
  /// What `ulimit -v` allows, in bytes; nil for no limit.
  let addressBytes: Int?

  init(groupBytes: Int?, addressBytes: Int?) {
    self.groupBytes = groupBytes
    self.addressBytes = addressBytes
  }

  /// What this process may have.
  static var allowed: MachineMemory {
    var limit = rlimit()
    let isKnown = getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit) == 0
    return MachineMemory(
      groupBytes: groupLimit(groups: text("/proc/self/cgroup"), file: text),
      addressBytes: isKnown && limit.rlim_cur < rlim_t(Int.max) ? Int(limit.rlim_cur) : nil)
  }

  /// - Throws: `failed_precondition` with what is there and what is needed.
  func requireEnough() throws(WireError) {
    if let addressBytes, addressBytes < Self.leastAddressBytes {
      throw WireError(
        .failedPrecondition,
        "the limit for addresses (ulimit -v) is \(addressBytes >> 20) MiB; at least \(Self.leastAddressBytes >> 20) MiB are needed",
        hint: "Raise it, and limit the memory by a control group instead.")
    }
    if let groupBytes, groupBytes < Self.leastBytes {
      throw WireError(
        .failedPrecondition,
        "the control group allows \(groupBytes >> 20) MiB of memory; at least \(Self.leastBytes >> 20) MiB are needed",
        hint: "Give it 512 MiB or more.")
    }
  }

  /// The least limit of the groups that the process is in, version 1 or 2, seen from outside or from inside of a container.
  static func groupLimit(groups: String?, file: (String) -> String?) -> Int? {
    guard let groups else { return nil }
    var limits: [Int] = []
    for line in groups.split(separator: "\n") {
      let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard parts.count == 3 else { continue }
      let isSecond = parts[0] == "0" && parts[1].isEmpty
      guard isSecond || parts[1].split(separator: ",").contains("memory") else { continue }
      let (root, name) = isSecond ? ("/sys/fs/cgroup", "memory.max") : ("/sys/fs/cgroup/memory", "memory.limit_in_bytes")
      for folder in ["\(root)\(parts[2])", root] {
        if let limit = file("\(folder)/\(name)").flatMap({ Int($0.prefix { $0.isNumber }) }) { limits.append(limit) }
      }
    }
    return limits.min()
  }

  private static func text(_ path: String) -> String? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 4_096)
    let count = read(descriptor, &bytes, bytes.count)
    return count > 0 ? String(decoding: bytes[..<count], as: UTF8.self) : nil
  }
}
