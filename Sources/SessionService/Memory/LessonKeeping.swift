import Wire
import Words

/// Keeps what a turn taught, in the transaction that ends its task. It never fails the turn: what cannot be kept is told.
struct LessonKeeping {
  let session: Session

  /// - Returns: what could not be kept, in sentences.
  /// - Throws: only what says that the store does not work.
  func keep(_ lessons: [MemoryRememberRequest], in transaction: any Transaction) throws(WireError) -> [String] {
    var degraded: [String] = []
    for lesson in lessons {
      do throws(WireError) {
        try keep(lesson, in: transaction)
      } catch {
        guard error.isAboutTheLesson else { throw error }
        degraded.append("'\(lesson.key.prefix(60))' could not be learned: \(error.message)")
      }
    }
    return degraded
  }

  private func keep(_ lesson: MemoryRememberRequest, in transaction: any Transaction) throws(WireError) {
    var lesson = lesson
    // A node may teach its own session and nobody else.
    lesson.dbConnectionId = session.dbConnectionId
    lesson.scope = session.id
    lesson.source = "learning"
    lesson.sourceSessionId = session.id
    let isCorrection = lesson.namespace == BackgroundAssembly.correctionsNamespace
    if isCorrection, session.policy?.sharesCorrections ?? false { lesson.scope = MemoryRules.sharedScope }
    let identity = MemoryRepository.Identity(
      dbConnectionId: lesson.dbConnectionId, scope: lesson.scope, namespace: lesson.namespace, key: lesson.key)
    // The turn may be told again: what it says is the same.
    if let known = try MemoryRepository.find(identity, in: transaction)?.memory, known.content.hasSameBytes(as: lesson.content),
      known.neighbours == lesson.neighbours
    {
      return
    }
    _ = try MemoryWriting.remember(lesson, in: transaction)
  }
}

extension WireError {
  /// The lesson breaks a rule; the store is well.
  fileprivate var isAboutTheLesson: Bool {
    [.invalidArgument, .limitExceeded, .invalidJson, .notFound, .staleVersion].contains(errorCode)
  }
}
