import Foundation
import JSON
import LoopbackHTTP
import Testing
import Wire

@testable import AgentService

/// Python in its sandbox, the real one. Where none can be made, these tests fail and say so, unless `KAI_TEST_NO_SANDBOX=1` says that
/// this is known.
@Suite(.serialized, .enabled(if: ProcessInfo.processInfo.environment["KAI_TEST_NO_SANDBOX"] != "1"))
struct PythonToolTests {
  private func run(_ code: String, _ more: JSONValue = [:], in rig: ToolRig) async throws(WireError) -> (JSONValue, ToolOutput) {
    let arguments = JSONValue.object([.init("code", .string(code))] + (more.object ?? []))
    let output = try await rig.run("python", arguments)
    let json = (try? JSONValue(parsing: output.content)) ?? .null
    return (json, output)
  }

  @Test func thisMachineHasASandbox() async {
    let reason = await PythonSandbox.unavailable()
    #expect(reason == nil, "no sandbox can be made here, so that nothing of it is tested: \(reason ?? "")")
  }

  @Test func codeRunsWithTheResultsOfQueriesAndItsFilesAreKept() async throws {
    let rig = try await ToolRig()
    defer { rig.sample.remove() }
    try rig.context.folder.write(Array("old".utf8), to: "notes/old.txt")
    try rig.context.folder.write(Array("same".utf8), to: "same.txt")
    let code = """
      import kai, csv, os
      rows = kai.rows('odd')
      print(kai.names(), rows[0]['a'], rows[0]['d'], rows[1]['a'])
      print(sum(row['amount'] or 0 for row in kai.rows('orders')))
      print(open('/data/orders.csv').readline().strip())
      print(open('notes/old.txt').read())
      open('notes/old.txt', 'a').write(' and new')
      open('same.txt').read()
      os.makedirs('out', exist_ok=True)
      open('out/répört.csv', 'w').write('a,b\\n1,2\\n')
      """
    let (json, output) = try await run(
      code, ["queries": ["odd": "SELECT a, d FROM odd", "orders": "SELECT id, amount FROM orders"]], in: rig)
    #expect(json["exit"] == 0, "\(output.content)")
    let lines = json["output"]?.string?.split(separator: "\n") ?? []
    #expect(lines.first == #"['odd', 'orders'] 9223372036854775807 b'\x00\xff' -9223372036854775808"#)
    #expect(lines.dropFirst() == ["169.5", "id,amount", "old"])
    #expect(Set(output.files) == ["notes/old.txt", "out/répört.csv"])
    #expect(try rig.context.folder.read("notes/old.txt") == Array("old and new".utf8))
    #expect(!output.isError && output.sql.contains("SELECT a, d FROM odd"))
  }

  @Test func whatGoesWrongIsForTheModelToRead() async throws {
    let rig = try await ToolRig()
    defer { rig.sample.remove() }
    let (json, output) = try await run("print('before')\nvalues = {}\nvalues['x']", in: rig)
    #expect(output.isError && json["exit"] == 1)
    let text = json["output"]?.string ?? ""
    #expect(text.hasPrefix("before\n") && text.contains("KeyError: 'x'") && text.contains("line 3"))
    #expect(await rig.error("python", ["code": "print(1)", "queries": ["x": "DELETE FROM odd"]])?.errorCode == .sqlRefused)
    #expect(await rig.error("python", ["code": "1", "queries": ["../x": "SELECT 1"]])?.errorCode == .toolArguments)
    let refused = await wireError { () async throws(WireError) in _ = try await rig.run("python", ["code": "1"], mode: .analysis)
    }
    #expect(refused?.errorCode == .unknownTool)
  }

  @Test func picturesOfMatplotlibAreKeptWhereItIsInstalled() async throws {
    guard FileManager.default.fileExists(atPath: "/usr/lib/python3/dist-packages/matplotlib") else { return }
    let rig = try await ToolRig()
    defer { rig.sample.remove() }
    let code = """
      import kai, pandas, matplotlib.pyplot as plot
      frame = kai.query('orders')
      assert isinstance(frame, pandas.DataFrame) and len(frame) == 4
      frame.plot.bar(x='id', y='amount'); plot.savefig('bars.png')
      print(frame.amount.sum())
      """
    let (json, output) = try await run(code, ["queries": ["orders": "SELECT id, amount FROM orders"], "timeout_s": 120], in: rig)
    #expect(json["exit"] == 0, "\(output.content)")
    #expect(output.files == ["bars.png"])
    #expect(try rig.context.folder.read("bars.png").starts(with: [0x89, 0x50, 0x4e, 0x47]))
  }

  /// Each prints ESCAPED when it reaches what it must not.
  private static let attacks: [(name: String, code: String)] = [
    ("read the passwords", "print(open('/etc/shadow').read(), 'ESCAPED')"),
    ("read who there is", "print(open('/etc/passwd').read(), 'ESCAPED')"),
    ("look into root's home", "import os; print(os.listdir('/root'), 'ESCAPED')"),
    ("look into homes", "import os; print(os.listdir('/home'), 'ESCAPED')"),
    ("read the node's files", "import os; print(os.listdir('NODE'), 'ESCAPED')"),
    ("read the node's secrets", "import os; print('ESCAPED' if 'SECRET_OF_THE_TEST' in os.environ.values() else 'clean')"),
    (
      "read another process's environment",
      "import glob\nfor path in glob.glob('/proc/[0-9]*/environ'):\n  if b'SECRET_OF_THE_TEST' in open(path, 'rb').read(): print('ESCAPED')"
    ),
    (
      "see processes outside",
      "import os; print('ESCAPED' if len([p for p in os.listdir('/proc') if p.isdigit()]) > 8 else 'alone')"
    ),
    ("kill a process outside", "import os, signal; os.kill(NODEPID, signal.SIGTERM); print('ESCAPED')"),
    ("write to the programs", "open('/usr/bin/escaped', 'w').write('x'); print('ESCAPED')"),
    ("write to the configuration", "open('/etc/escaped', 'w').write('x'); print('ESCAPED')"),
    ("write to the root", "open('/escaped', 'w').write('x'); print('ESCAPED')"),
    ("write to the input", "open('/input/escaped', 'w').write('x'); print('ESCAPED')"),
    ("connect to a server of the node", "import socket; socket.create_connection(('127.0.0.1', PORT), 2); print('ESCAPED')"),
    ("connect to the world", "import socket; socket.create_connection(('1.1.1.1', 53), 2); print('ESCAPED')"),
    ("look up a name", "import socket; print(socket.gethostbyname('example.com'), 'ESCAPED')"),
    ("bind what others listen to", "import os; print('ESCAPED' if len(os.listdir('/sys/class/net')) > 1 else 'alone')"),
    ("mount", "import subprocess; print(subprocess.run(['mount', '-t', 'tmpfs', 'x', '/session'], check=True), 'ESCAPED')"),
    ("make namespaces", "import subprocess; print(subprocess.run(['unshare', '-Ur', 'true'], check=True), 'ESCAPED')"),
    ("change the root", "import os; os.chroot('/tmp'); print('ESCAPED')"),
    ("become root", "import os; os.setuid(0); print('ESCAPED')"),
    ("become root by a program", "import subprocess; print(subprocess.run(['su', '-c', 'id'], check=True), 'ESCAPED')"),
    ("trace", "import ctypes; print('ESCAPED' if ctypes.CDLL(None).ptrace(16, 1, 0, 0) == 0 else 'no')"),
    ("make a device", "import os; os.mknod('/session/disk', 0o60666, os.makedev(8, 0)); print('ESCAPED')"),
    ("take 10 GB", "x = bytearray(10 * 1024 ** 3); print('ESCAPED')"),
    ("fill the disk", "f = open('big', 'wb')\nfor i in range(2000): f.write(bytes(1024 * 1024))\nprint('ESCAPED')"),
  ]

  @Test(arguments: attacks.map(\.name)) func whatItMustNotReachItDoesNot(_ name: String) async throws {
    let attack = try #require(Self.attacks.first { $0.name == name })
    setenv("KAI_SANDBOX_TEST", "SECRET_OF_THE_TEST", 1)
    let rig = try await ToolRig()
    defer { rig.sample.remove() }
    try await LoopbackServer.run({ try await $0.answer("200 OK", [], "") }) { server in
      // In two pieces, so that a traceback that shows the line is no escape.
      let code = attack.code.replacingOccurrences(of: "'ESCAPED'", with: "'ESC' 'APED'")
        .replacingOccurrences(of: "PORT", with: "\(server.port)")
        .replacingOccurrences(of: "NODEPID", with: "\(getpid())").replacingOccurrences(of: "NODE", with: rig.sample.folder)
      var text = ""
      do throws(WireError) { text = try await run(code, ["timeout_s": 20], in: rig).0["output"]?.string ?? "" } catch {
        text = error.message
      }
      #expect(!text.contains("ESCAPED"), "\(text)")
      #expect(server.requests.isEmpty)
    }
    #expect(
      !FileManager.default.fileExists(atPath: "/usr/bin/escaped") && !FileManager.default.fileExists(atPath: "/etc/escaped"))
  }

  @Test(arguments: [
    "while True: pass", "import time; time.sleep(1000)", "import os\nwhile True:\n  try: os.fork()\n  except OSError: pass",
    "import os, time\nif os.fork() == 0:\n  os.setsid()\n  time.sleep(1000)\ntime.sleep(1000)",
  ]) func whatDoesNotEndIsEndedAndLeavesNothing(_ code: String) async throws {
    let rig = try await ToolRig()
    defer { rig.sample.remove() }
    let start = ContinuousClock.now
    let error = await rig.error("python", ["code": .string(code), "timeout_s": 2])
    #expect(error?.message.contains("stopped after 2 seconds") == true, "\(error?.message ?? "nothing")")
    #expect(ContinuousClock.now - start < .seconds(15))
    try await eventually("a process is left") { Self.left() == 0 }
  }

  @Test func whatStaysBehindEndsWithTheCode() async throws {
    let rig = try await ToolRig()
    defer { rig.sample.remove() }
    let code =
      "import subprocess; subprocess.Popen(['sleep', '1000'], start_new_session=True, stdout=subprocess.DEVNULL); print('done')"
    #expect(try await run(code, in: rig).0["output"] == "done\n")
    try await eventually("a process is left") { Self.left() == 0 }
  }

  @Test func aCancelEndsItWithinASecond() async throws {
    let rig = try await ToolRig()
    defer { rig.sample.remove() }
    let work = Task { await rig.error("python", ["code": "import time; time.sleep(1000)", "timeout_s": 100]) }
    try await eventually("it runs") { Self.left() > 0 }
    let start = ContinuousClock.now
    work.cancel()
    #expect(await work.value?.errorCode == .cancelled)
    #expect(ContinuousClock.now - start < .seconds(1))
    try await eventually("a process is left") { Self.left() == 0 }
  }

  @Test func aCancelAtAnyMomentLeavesNothing() async throws {
    let rig = try await ToolRig()
    defer { rig.sample.remove() }
    for milliseconds in stride(from: 0, through: 60, by: 3) {
      let work = Task { await rig.error("python", ["code": "import time; time.sleep(1000)", "timeout_s": 100]) }
      try await Task.sleep(for: .milliseconds(milliseconds))
      work.cancel()
      #expect(await work.value?.errorCode == .cancelled)
    }
    try await eventually("a process is left") { Self.left() == 0 }
  }

  @Test func muchOutputIsCutInTheMiddleAndItSaysSo() async throws {
    let rig = try await ToolRig()
    defer { rig.sample.remove() }
    let (json, _) = try await run("for i in range(1000000): print('line', i)", in: rig)
    let text = json["output"]?.string ?? ""
    #expect(text.hasPrefix("line 0\n") && text.hasSuffix("line 999999\n") && text.contains("bytes left out"))
    #expect(text.utf8.count < 2 * SandboxLimits.outputBytes + 100)
  }

  @Test func linksAndOddNamesDoNotLeaveTheFolder() async throws {
    let rig = try await ToolRig()
    defer { rig.sample.remove() }
    let code = """
      import os
      os.symlink('/etc', 'etc'); os.symlink('/etc/hostname', 'host.txt'); os.mkfifo('pipe')
      open('good.txt', 'w').write('x'); open('.hidden', 'w').write('x'); open('new\\nline.txt', 'w').write('x')
      """
    let (json, output) = try await run(code, in: rig)
    #expect(output.files == ["good.txt"])
    #expect(json["not_kept"] == ["new\nline.txt"])
    #expect(try rig.context.folder.list().map(\.path) == ["good.txt"])
  }

  @Test func whatASandboxSaysIsReadAsAStrangers() {
    var evil = [UInt8](repeating: 0, count: 1_024)
    evil.replaceSubrange(0..<9, with: Array("../../etc".utf8))
    evil.replaceSubrange(124..<135, with: Array("00000000001".utf8))
    evil[156] = UInt8(ascii: "0")
    evil[512] = 7
    #expect(TarArchive.members(of: evil[...]) == [.init(path: "../../etc", content: [7])])
    for cut in stride(from: 0, to: evil.count, by: 37) { _ = TarArchive.members(of: evil[..<cut]) }
    evil.replaceSubrange(124..<135, with: Array("77777777777".utf8))
    #expect(TarArchive.members(of: evil[...]).isEmpty)
  }

  /// Processes of sandboxes that this test's process began.
  private static func left() -> Int {
    let all = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return all.filter { name in
      guard Int(name) != nil, let words = FileManager.default.contents(atPath: "/proc/\(name)/cmdline") else { return false }
      return String(decoding: words, as: UTF8.self).contains("/input/supervisor.py")
    }.count
  }
}
