import Testing
import Wire

@testable import ServiceLaunch

@Suite struct MachineMemoryTests {
  @Test(
    arguments: [
      (nil, nil, nil), (64, 512, nil), (63, nil, "the control group allows 63 MiB"), (nil, 511, "(ulimit -v) is 511 MiB"),
      (32, 100, "(ulimit -v) is 100 MiB"),
    ] as [(Int?, Int?, String?)])
  func tooLittleIsNamedWithWhatIsNeeded(group: Int?, addresses: Int?, said: String?) {
    let memory = MachineMemory(groupBytes: group.map { $0 << 20 }, addressBytes: addresses.map { $0 << 20 })
    do throws(WireError) {
      try memory.requireEnough()
      #expect(said == nil)
    } catch {
      #expect(said.map { error.message.contains($0) && error.message.contains("at least") } == true, "\(error)")
    }
  }

  @Test(
    arguments: [
      // Version 2, from outside and from inside of a container, and without a limit.
      ("0::/a/b\n", ["/sys/fs/cgroup/a/b/memory.max": "33554432\n"], 33_554_432),
      ("0::/a/b\n", ["/sys/fs/cgroup/memory.max": "1048576\n"], 1_048_576),
      ("0::/\n", ["/sys/fs/cgroup/memory.max": "max\n"], nil),
      // Version 1, among other controllers.
      (
        "5:cpu:/x\n4:memory:/m\n0::/\n",
        ["/sys/fs/cgroup/memory/m/memory.limit_in_bytes": "100\n", "/sys/fs/cgroup/memory/memory.limit_in_bytes": "900\n"], 100
      ),
      ("3:cpu,memory:/m\n", ["/sys/fs/cgroup/memory/m/memory.limit_in_bytes": "7\n"], 7),
      ("", [:], nil), ("nonsense\n::\n", [:], nil),
    ] as [(String, [String: String], Int?)])
  func theLimitOfTheGroupIsFound(groups: String, files: [String: String], limit: Int?) {
    #expect(MachineMemory.groupLimit(groups: groups) { files[$0] } == limit)
  }
}
