import Foundation
import NIOCore
import Synchronization
import Testing
import Wire

@testable import kaictl

@Suite struct TaskFollowerTests {
  private static let task: TaskRecord = .with {
    $0.id = "task_000000000001"
    $0.sessionId = "sess_000000000001"
    $0.status = .queued
  }

  private static func event(_ seq: UInt64, _ kind: EventKind = .toolFinished) -> Event {
    .with {
      $0.seq = seq
      $0.kind = kind
      $0.taskId = task.id
    }
  }

  /// Follows the task through a server and returns the sequence numbers shown and how it ended.
  private func follow(
    timeout: TimeSpan? = nil, _ answer: @escaping ScriptedServer.Answer
  ) async throws -> (seqs: [UInt64], ended: TaskRecord) {
    let folder = try LocalFile.makeTemporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let server = try await ScriptedServer(answer: answer)
    let link = try await server.link(keyFolder: folder)
    var follower = TaskFollower(server: link, task: Self.task, printer: Printer(noColor: true), timeout: timeout)
    follower.silence = .milliseconds(10)
    var seqs: [UInt64] = []
    let result: Result<TaskRecord, any Error>
    do { result = .success(try await follower.follow { seqs.append($0.seq) }) } catch { result = .failure(error) }
    await link.close()
    await server.stop()
    return (seqs, try result.get())
  }

  @Test func aBrokenWatchGoesOnAfterTheLastEventSeen() async throws {
    let asked = Mutex<[UInt64]>([])
    let (seqs, ended) = try await follow { request, connection in
      switch request.method {
      case .taskWatch:
        guard let watch = try? TaskWatchRequest(decoding: request.message) else { return }
        let round = asked.withLock { asked in
          asked.append(watch.fromSeq)
          return asked.count
        }
        if round == 1 {
          connection.send([1, 2].map { .item(request.streamID, Self.event($0)) })
          connection.close(WireError(.shuttingDown, "restart"))
        } else {
          // A server may repeat what was seen; it must not be shown twice.
          connection.send([2, 3].map { .item(request.streamID, Self.event($0)) })
          connection.send([.item(request.streamID, Self.event(4, .taskFinished)), .response(request.streamID, Empty())])
        }
      default:
        var task = Self.task
        task.status = .completed
        connection.send([.response(request.streamID, task)])
      }
    }
    #expect(seqs == [1, 2, 3, 4])
    #expect(asked.withLock { $0 } == [0, 3])
    #expect(ended.status == .completed)
  }

  @Test func aTaskThatWasRetriedIsFollowedBeyondItsFirstEnd() async throws {
    let gets = Mutex(0)
    let (seqs, ended) = try await follow { request, connection in
      switch request.method {
      case .taskWatch:
        let from = (try? TaskWatchRequest(decoding: request.message))?.fromSeq ?? 0
        connection.send([
          .item(request.streamID, Self.event(from == 0 ? 1 : 2, .taskFinished)), .response(request.streamID, Empty()),
        ])
      default:
        let count = gets.withLock { gets in
          gets += 1
          return gets
        }
        var task = Self.task
        task.status = count == 1 ? .running : .completed
        connection.send([.response(request.streamID, task)])
      }
    }
    #expect(seqs == [1, 2])
    #expect(ended.status == .completed)
  }

  @Test func aTaskThatStaysQueuedIsExplained() async throws {
    let watch = Mutex<(any ServerConnection, UInt32)?>(nil)
    let (seqs, ended) = try await follow(timeout: TimeSpan(milliseconds: 20_000)) { request, connection in
      switch request.method {
      case .taskWatch:
        watch.withLock { $0 = (connection, request.streamID) }
        connection.send([.item(request.streamID, Self.event(1, .taskQueued))])
      case .taskWhy:
        connection.send([.response(request.streamID, TaskWhy.with { $0.task = Self.task })])
        // Only who asks why sees the end.
        guard let (connection, stream) = watch.withLock({ $0 }) else { return }
        connection.send([.item(stream, Self.event(2, .taskFinished)), .response(stream, Empty())])
      default:
        var task = Self.task
        task.status = .completed
        connection.send([.response(request.streamID, task)])
      }
    }
    #expect(seqs == [1, 2])
    #expect(ended.status == .completed)
  }

  @Test func aRefusalIsNotTriedAgain() async throws {
    let error = await #expect(throws: WireError.self) {
      try await follow { request, connection in
        connection.send([.error(request.streamID, WireError(.notFound, "no such task"))])
      }
    }
    #expect(error?.errorCode == .notFound)
  }

  @Test func afterItsTimeItSaysThatTheTaskGoesOn() async throws {
    let error = await #expect(throws: WireError.self) {
      try await follow(timeout: TimeSpan(milliseconds: 200)) { request, connection in
        // Never answers a watch.
      }
    }
    #expect(error?.errorCode == .deadlineExceeded)
    #expect(error?.hint.contains("kaictl task watch \(Self.task.id)") == true)
  }

  @Test func ctrlCDetaches() async throws {
    let watching = AsyncStream<Void>.makeStream()
    let work = Task {
      try await follow { request, _ in
        if request.method == .taskWatch { watching.continuation.yield() }
      }
    }
    for await _ in watching.stream { break }
    work.cancel()
    await #expect(throws: CancellationError.self) { try await work.value }
  }
}
