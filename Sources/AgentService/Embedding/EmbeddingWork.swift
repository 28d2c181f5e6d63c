import Logging
import Wire

/// Embeds what was remembered, beside the tasks: takes memories that have no vector of this node's embedder yet, and brings them.
struct EmbeddingWork: Sendable {
  private static let batch: UInt32 = 64
  /// Between two looks when there is nothing to do; after a failure the double, up to a minute.
  private static let pause = Duration.seconds(1)
  private static let longestPause = Duration.seconds(60)

  let client: WireClient
  let embedder: any Embedder
  let log: Logger

  /// Until the task is cancelled. What fails is tried again: nobody waits for it.
  func run() async {
    var cursor = ""
    var pause = Self.pause
    while !Task.isCancelled {
      do throws(WireError) {
        if try await step(&cursor) { continue }
        pause = Self.pause
      } catch {
        log.warning("memories cannot be embedded", metadata: ["embedder": "\(embedder.name)", "error": "\(error)"])
        // From the beginning: what was skipped must be found again.
        cursor = ""
        pause = min(pause * 2, Self.longestPause)
      }
      try? await Task.sleep(for: pause)
    }
  }

  /// - Returns: whether there may be more right now.
  private func step(_ cursor: inout String) async throws(WireError) -> Bool {
    let request = UnembeddedRequest.with { ($0.model, $0.cursor, $0.limit) = (embedder.name, cursor, Self.batch) }
    let found = try await client.call(Methods.embeddingMissing, request, timeout: .seconds(30)).message
    if !found.memories.isEmpty {
      let vectors = try await directions(of: found.memories).map { memory, direction -> MemoryVector in
        .with { ($0.id, $0.version, $0.vector) = (memory.id, memory.version, Embedding.bytes(direction)) }
      }
      _ = try await client.call(
        Methods.embeddingPut, .with { ($0.model, $0.vectors) = (embedder.name, vectors) }, timeout: .seconds(30))
    }
    cursor = found.cursor
    return !found.isEnd
  }

  /// Of all; or, where the embedder refuses them together, of each that it takes alone: one text must not hold up the others.
  private func directions(
    of memories: [MemoryText]
  ) async throws(WireError) -> [(memory: MemoryText, direction: [Float])] {
    do throws(WireError) {
      return zip(memories, try await embedder.embed(memories.map(\.text))).map { (memory: $0, direction: $1) }
    } catch {
      guard Self.isAboutTheText(error), memories.count > 1 else { throw error }
    }
    var taken: [(memory: MemoryText, direction: [Float])] = []
    for memory in memories {
      do throws(WireError) {
        for direction in try await embedder.embed([memory.text]) { taken.append((memory, direction)) }
      } catch {
        guard Self.isAboutTheText(error) else { throw error }
        log.warning("a memory cannot be embedded", metadata: ["memory": "\(memory.id)", "error": "\(error)"])
      }
    }
    return taken
  }

  private static func isAboutTheText(_ error: WireError) -> Bool {
    [.modelRefused, .modelProtocol].contains(error.errorCode)
  }
}
