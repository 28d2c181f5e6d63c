import Foundation
import JSON
import LoopbackHTTP
import Testing
import Wire

@testable import AgentService

@Suite struct EmbedderTests {
  /// A tokenizer of a few words, and a table of two numbers for each token.
  private func files(_ folder: String) throws -> (table: String, tokenizer: String) {
    let vocabulary = [
      "<unk>", "<0xC3>", "<0xA9>", "\u{2581}", "c", "a", "t", "s", "at", "\u{2581}c", "\u{2581}cat", "\u{2581}cats",
    ]
    let merges = ["a t", "\u{2581} c", "\u{2581}c at", "\u{2581}cat s"]
    let tokenizer: JSONValue = [
      "model": [
        "type": "BPE", "unk_token": "<unk>",
        "vocab": .object(vocabulary.enumerated().map { .init($1, .integer(Int64($0))) }),
        "merges": .array(merges.map { .string($0) }),
      ]
    ]
    let path = folder + "/tokenizer.json"
    try tokenizer.text().write(toFile: path, atomically: true, encoding: .utf8)
    let header = #"{"embedding.weight":{"dtype":"F32","shape":[12,2],"data_offsets":[0,96]}}"#
    var bytes = Self.length(of: header) + Array(header.utf8)
    for row in 0..<12 {
      for value in [Float(row), Float(-row) / 2] {
        bytes += withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) }
      }
    }
    let table = folder + "/small.safetensors"
    try Data(bytes).write(to: URL(filePath: table))
    return (table, path)
  }

  private static func length(of header: String) -> [UInt8] {
    withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Array($0) }
  }

  private func folder() throws -> String {
    let path = NSTemporaryDirectory() + "kai-embed-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    return path
  }

  @Test func wordsBecomeTheTokensThatTheirPartsMergeInto() throws {
    let folder = try folder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let json = try JSONValue(parsing: String(contentsOfFile: files(folder).tokenizer, encoding: .utf8))
    let tokenizer = try BytePairTokenizer(json: json)
    #expect(tokenizer.tokens(of: "cats") == [11])
    #expect(tokenizer.tokens(of: "cat  cats") == [10, 11])
    #expect(tokenizer.tokens(of: "act") == [3, 5, 4, 6])
    #expect(tokenizer.tokens(of: "é") == [3, 1, 2], "its bytes")
    #expect(tokenizer.tokens(of: "x") == [3, 0])
    #expect(tokenizer.tokens(of: "") == [])
    #expect(throws: WireError.self) { try BytePairTokenizer(json: ["model": ["type": "Unigram"]]) }
  }

  @Test func aTextsDirectionIsTheMeanOfItsTokens() throws {
    let folder = try folder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let embedder = try TableEmbedder(path: files(folder).table, tokenizer: nil)
    #expect(embedder.name == "static:small")
    #expect(embedder.direction("Cat cats") == [10.5, -5.25])
    #expect(embedder.direction("") == [0, 0])
    #expect(Embedding.bytes([10.5, -5.25]) == [127, UInt8(bitPattern: -64)])
    #expect(Embedding.bytes([0, 0]) == [0, 0])
    #expect(Embedding.bytes([.infinity, 1]).count == 2)
  }

  @Test(arguments: [
    ("", 0), ("{}", 2), (#"{"w":{"dtype":"F16","shape":[2,2],"data_offsets":[0,8]}}"#, 7),
    (#"{"w":{"dtype":"I8","shape":[2,2],"data_offsets":[0,4]}}"#, 4),
    (#"{"w":{"dtype":"F16","shape":[9223372036854775807,4],"data_offsets":[0,8]}}"#, 8),
  ])
  func aFileOfAnotherKindIsRefused(_ header: String, _ more: Int) {
    let bytes = Self.length(of: header) + Array(header.utf8) + [UInt8](repeating: 0, count: more)
    #expect(throws: WireError.self) { try SafeTensor(bytes) }
    #expect(throws: WireError.self) { try SafeTensor(Array(bytes.prefix(5))) }
  }

  @Test(
    arguments: [
      (0x3C00, 1), (0xC000, -2), (0x0001, 0x1p-24), (0x7BFF, 65_504), (0x0000, 0), (0x3555, 0.33325195),
    ] as [(UInt16, Float)])
  func halvesAreRead(_ bits: UInt16, _ value: Float) { #expect(SafeTensor.float(half: bits) == value) }

  @Test(arguments: ["static", "static:", "openai:", "word2vec:x", ""])
  func anotherEmbedderIsRefused(_ spec: String) { #expect(throws: WireError.self) { try EmbedderSpec(parsing: spec) } }

  @Test func specsAreRead() throws {
    #expect(try EmbedderSpec(parsing: "none") == .none)
    #expect(
      try EmbedderSpec(parsing: "static:/a.safetensors,/b.json") == .table(path: "/a.safetensors", tokenizer: "/b.json"))
    #expect(try EmbedderSpec(parsing: "openai:text-embedding-3-small") == .openAI("text-embedding-3-small"))
  }

  @Test(
    arguments: [
      (#"{"data":[{"index":1,"embedding":[3,4]},{"index":0,"embedding":[1,2]}]}"#, nil),
      (#"{"data":[{"index":0,"embedding":[1,2]}]}"#, "1 vectors for 2 texts"),
      (#"{"data":[{"index":7,"embedding":[1]}]}"#, "cannot be used"),
      (#"{"data":[{"index":0,"embedding":[]}]}"#, "cannot be used"), ("nothing", "without 'data'"),
    ] as [(String, String?)])
  func aServersVectorsComeInTheOrderOfTheTextsAndItsFaultsAreNamed(_ body: String, _ says: String?) async throws {
    try await LoopbackServer.run({ connection in
      try await connection.answer("200 OK", ["Content-Type: application/json"], body)
    }) { server in
      let endpoint = try ModelEndpoint(base: server.url + "/v1", key: "secret-key", dialect: .openAIEmbeddings)
      let embedder = RemoteEmbedder(model: "m", endpoint: endpoint, client: HTTPClient())
      do throws(WireError) {
        let directions = try await embedder.embed(["a", "b"])
        #expect(says == nil && directions == [[1, 2], [3, 4]])
      } catch {
        #expect(says.map(error.message.contains) == true, "\(error)")
      }
      let request = try #require(server.requests.first)
      #expect(request.head.contains("POST /v1/embeddings") && request.head.contains("Bearer secret-key"))
    }
  }
}
