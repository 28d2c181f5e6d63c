import ArgumentParser
import JSON
import Testing
import Wire

@testable import kaictl

@Suite struct TargetTests {
  private static let secret = String(repeating: "ab", count: 32)

  private func target(
    _ arguments: [String] = [], _ environment: [String: String] = [:], context: Contexts.Entry? = nil, local: Bool = false
  ) throws -> Target {
    var contexts = Contexts()
    if let context { contexts.put(context) }
    return try Target(
      options: try GlobalOptions.parse(arguments), environment: { environment[$0] }, contexts: contexts, localKeyExists: local)
  }

  @Test func optionsWinOverTheEnvironmentOverTheContextOverThisFolder() throws {
    let environment = ["KAI_SERVER": "env:2", "KAI_KEY_FILE": "env.key"]
    let context = Contexts.Entry(name: "c", server: "context:3", keyFile: "/context.key")
    let all = try target(["--server", "option:1", "--key-file", "option.key"], environment, context: context, local: true)
    #expect("\(all.server) \(all.keyPath)" == "option:1 option.key")
    let noOptions = try target([], environment, context: context, local: true)
    #expect("\(noOptions.server) \(noOptions.keyPath)" == "env:2 env.key")
    let contextOnly = try target([], ["KAI_SERVER": ""], context: context, local: true)
    #expect("\(contextOnly.server) \(contextOnly.keyPath)" == "context:3 /context.key")
    let nothing = try target(local: true)
    #expect("\(nothing.server) \(nothing.keyPath)" == "127.0.0.1:7411 ./kai-data/admin.key")
  }

  @Test func withoutAKeyItSaysWhatToDo() {
    let error = #expect(throws: WireError.self) { try target() }
    #expect(error?.errorCode == .unauthenticated)
    #expect(error?.hint.contains("--key-file") == true)
  }

  @Test(arguments: [
    ("a:1", "a:1"), ("a", "a:7411"), ("[::1]:9", "[::1]:9"), ("[::1]", "[::1]:7411"), ("127.0.0.1:7411", "127.0.0.1:7411"),
  ])
  func addressesAreRead(text: String, address: String) throws {
    #expect("\(try ServerAddress(text))" == address)
  }

  @Test(arguments: ["", ":1", "a:", "a:0", "a:65536", "a:b", "a:1:2", "[::1", "a b:1", "[::1]x"])
  func badAddressesAreUsageErrors(text: String) {
    let error = #expect(throws: WireError.self) { try ServerAddress(text) }
    #expect(error?.errorCode == .usage)
  }

  @Test func contextsSurviveTheirFile() throws {
    var contexts = Contexts()
    contexts.put(.init(name: "home", server: "127.0.0.1:7411", keyFile: nil))
    contexts.put(.init(name: "office", server: "kai:7411", keyFile: "/k"))
    contexts.put(.init(name: "office", server: "kai:7412", keyFile: "/k"))
    #expect(contexts.current == "home")
    try contexts.use("office")
    let read = try Contexts(text: contexts.json.text(pretty: true), path: "x")
    #expect(read == contexts)
    #expect(read.currentEntry?.server == "kai:7412")
    try contexts.remove("office")
    #expect(contexts.current == nil)
    #expect(throws: WireError.self) { try contexts.use("office") }
  }

  @Test(arguments: ["", "{}", "[1]", #"{"contexts":[{"name":1}]}"#])
  func aDamagedContextFileIsNamed(text: String) {
    let error = #expect(throws: WireError.self) { try Contexts(text: text, path: "/some/contexts.json") }
    #expect(error?.message.contains("/some/contexts.json") == true)
  }
}
