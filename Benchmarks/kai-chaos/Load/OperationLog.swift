import Foundation
import JSON
import Synchronization
import Wire

/// What people asked for, and what they were told: kept in memory and as JSON lines, outside the system.
final class OperationLog: Sendable {
  /// A task that somebody submitted.
  struct Submit: Sendable {
    /// Counted over the whole run; the task carries it in its metadata.
    let number: Int
    let sessionId: String
    let prompt: String
    /// Everything that was under way in the session was to be cancelled for it.
    let interrupts: Bool
    /// The task, once the submit was acknowledged.
    var taskId: String?
  }

  private struct State {
    var submits: [Submit] = []
    var cancelAsked: Set<String> = []
    /// Tasks that somebody was told had ended, and how.
    var ends: [String: TaskStatus] = [:]
  }

  private let state = Mutex(State())
  private let file: FileHandle

  /// - Throws: when the file cannot be made.
  init(path: String) throws {
    guard FileManager.default.createFile(atPath: path, contents: nil), let file = FileHandle(forWritingAtPath: path) else {
      throw WireError(.localIo, "cannot write \(path)")
    }
    self.file = file
  }

  var submits: [Submit] { state.withLock { $0.submits } }
  var cancelAsked: Set<String> { state.withLock { $0.cancelAsked } }
  var acknowledgedEnds: [String: TaskStatus] { state.withLock { $0.ends } }

  /// A submit is about to be sent.
  /// - Parameter make: gets its number.
  func begin(_ make: (Int) -> Submit) -> Submit {
    let submit = state.withLock { state in
      let submit = make(state.submits.count)
      state.submits.append(submit)
      return submit
    }
    write("submit", submit.sessionId, ["number": .integer(Int64(submit.number)), "prompt": .string(submit.prompt)])
    return submit
  }

  func acknowledge(_ submit: Submit, _ taskId: String) {
    state.withLock { $0.submits[submit.number].taskId = taskId }
    write("submitted", submit.sessionId, ["number": .integer(Int64(submit.number)), "task": .string(taskId)])
  }

  /// A cancel is about to be sent.
  func askCancel(_ taskIds: some Sequence<String>, _ sessionId: String) {
    state.withLock { $0.cancelAsked.formUnion(taskIds) }
    write("cancel", sessionId, ["tasks": .array(taskIds.map { .string($0) })])
  }

  func acknowledgeEnd(_ task: TaskRecord) {
    state.withLock { $0.ends[task.id] = task.status }
    write("ended", task.sessionId, ["task": .string(task.id), "status": .string(task.status.label)])
  }

  func note(_ what: String, _ sessionId: String, error: WireError? = nil) {
    write(what, sessionId, error.map { ["error": .string("\($0)")] } ?? [:])
  }

  private func write(_ what: String, _ sessionId: String, _ more: JSONValue) {
    var members: [JSONValue.Member] = [
      .init("at", .number(Date().timeIntervalSince1970)), .init("what", .string(what)), .init("session", .string(sessionId)),
    ]
    members += more.object ?? []
    // A line that the disk does not take is missed by whoever reads the file; the check reads the memory.
    try? file.write(contentsOf: Data((JSONValue.object(members).text() + "\n").utf8))
  }
}
