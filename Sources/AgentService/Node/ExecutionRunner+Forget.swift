import Logging
import Wire

extension ExecutionRunner {
  /// A session was deleted: its working copies on this node go too.
  func forget(_ session: ForgottenSession) {
    do throws(WireError) {
      try ResultsFolder.remove(results: results, connectionId: session.dbConnectionId, sessionId: session.id)
    } catch {
      log.warning("a deleted session's files could not be removed", metadata: ["session": "\(session.id)", "error": "\(error)"])
    }
  }
}
