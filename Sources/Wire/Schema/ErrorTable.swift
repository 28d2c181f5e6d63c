/// One row of the error table.
public struct ErrorRow: Sendable {
  public let code: ErrorCode
  public let name: String
  public let retry: Retry
  /// The exit code of kaictl, 0...255.
  public let exit: Int32
  /// What it means, in one sentence.
  public let sentence: String
  /// What to do about it.
  public let hint: String
}

/// Every error there is: the source of the codes in Swift, of the table in `docs/PROTOCOL.md` and of `kaictl explain`.
/// A number or name is never changed or used again; a test holds the list to that.
public enum ErrorTable {
  public static let rows: [ErrorRow] = [
    ErrorRow(
      code: .badPreface, name: "bad_preface", retry: .never, exit: 1,
      sentence: "The peer does not speak this protocol.",
      hint: "Check that the address and port are a kai-session's Wire listener."),
    ErrorRow(
      code: .noCommonVersion, name: "no_common_version", retry: .never, exit: 1,
      sentence: "Client and server have no protocol version in common.",
      hint: "Upgrade the older of the two."),
    ErrorRow(
      code: .badFrame, name: "bad_frame", retry: .reconnect, exit: 1,
      sentence: "A frame breaks the rules of the protocol.",
      hint: "This is a fault of the peer's software or of the network; reconnect."),
    ErrorRow(
      code: .badChecksum, name: "bad_checksum", retry: .reconnect, exit: 1,
      sentence: "A frame's checksum does not match its bytes.",
      hint: "The network or a proxy changed bytes; reconnect."),
    ErrorRow(
      code: .frameTooLarge, name: "frame_too_large", retry: .never, exit: 2,
      sentence: "A frame or message is larger than the negotiated limit.",
      hint: "Send larger things in chunks."),
    ErrorRow(
      code: .badMessage, name: "bad_message", retry: .never, exit: 2,
      sentence: "A message cannot be decoded.",
      hint: "Check the message against docs/kai.proto."),
    ErrorRow(
      code: .unknownMethod, name: "unknown_method", retry: .never, exit: 2,
      sentence: "The server does not know this method.",
      hint: "Upgrade the server, or use an older client."),
    ErrorRow(
      code: .tooManyStreams, name: "too_many_streams", retry: .sameConnection, exit: 6,
      sentence: "The connection has too many requests under way.",
      hint: "Wait for some of them to end."),
    ErrorRow(
      code: .flowViolation, name: "flow_violation", retry: .reconnect, exit: 1,
      sentence: "A peer sent more than it had credit for.",
      hint: "This is a fault of the peer's software; reconnect."),
    ErrorRow(
      code: .abuse, name: "abuse", retry: .reconnect, exit: 1,
      sentence: "The connection misbehaved too often.",
      hint: "Fix the client; see the abuse budget in docs/PROTOCOL.md."),
    ErrorRow(
      code: .handshakeTimeout, name: "handshake_timeout", retry: .reconnect, exit: 6,
      sentence: "The handshake was not finished in time.",
      hint: "Check the network, and that the client speaks this protocol."),
    ErrorRow(
      code: .plaintextRefused, name: "plaintext_refused", retry: .never, exit: 3,
      sentence: "The server takes plain text from loopback only.",
      hint: "Use TLS, or start the server with --allow-plaintext."),
    ErrorRow(
      code: .tlsFailed, name: "tls_failed", retry: .reconnect, exit: 3,
      sentence: "The connection could not be secured with TLS.",
      hint: "Check certificates, names and dates on both sides; see docs/OPERATIONS.md."),
    ErrorRow(
      code: .unauthenticated, name: "unauthenticated", retry: .never, exit: 3,
      sentence: "The key is not valid.",
      hint: "Check the key file; an admin can make a key with 'kaictl key create'."),
    ErrorRow(
      code: .forbidden, name: "forbidden", retry: .never, exit: 3,
      sentence: "The key's role may not do this.",
      hint: "Use a key with the role that the message names."),
    ErrorRow(
      code: .rateLimited, name: "rate_limited", retry: .reconnect, exit: 6,
      sentence: "Too many authentications from this address failed.",
      hint: "Wait as long as the error says, and use a key that is valid."),
    ErrorRow(
      code: .invalidArgument, name: "invalid_argument", retry: .never, exit: 2,
      sentence: "An argument is not valid.",
      hint: "Correct the argument that the message names."),
    ErrorRow(
      code: .notFound, name: "not_found", retry: .never, exit: 4,
      sentence: "There is no such thing.",
      hint: "List what exists, and check the id."),
    ErrorRow(
      code: .alreadyExists, name: "already_exists", retry: .never, exit: 5,
      sentence: "Something with this name exists already.",
      hint: "Choose another name, or update what exists."),
    ErrorRow(
      code: .failedPrecondition, name: "failed_precondition", retry: .never, exit: 5,
      sentence: "The thing is in a state that does not allow this.",
      hint: "See its status, and what the message asks for."),
    ErrorRow(
      code: .limitExceeded, name: "limit_exceeded", retry: .never, exit: 2,
      sentence: "A limit would be exceeded.",
      hint: "Send less, or split the request."),
    ErrorRow(
      code: .idempotencyMismatch, name: "idempotency_mismatch", retry: .never, exit: 5,
      sentence: "The idempotency key was used for another request.",
      hint: "Use a new key for a new request."),
    ErrorRow(
      code: .invalidJson, name: "invalid_json", retry: .never, exit: 2,
      sentence: "A text is not valid JSON of the wanted kind.",
      hint: "Correct the JSON at the place that the message names."),
    ErrorRow(
      code: .sessionClosed, name: "session_closed", retry: .never, exit: 5,
      sentence: "The session is completed or failed and takes no new tasks.",
      hint: "Reopen it with 'kaictl session reopen'."),
    ErrorRow(
      code: .sessionBusy, name: "session_busy", retry: .never, exit: 5,
      sentence: "The session has a task under way.",
      hint: "Wait for it, cancel it, or submit with --if-busy enqueue."),
    ErrorRow(
      code: .invalidTransition, name: "invalid_transition", retry: .never, exit: 5,
      sentence: "The status cannot change in this way.",
      hint: "See the status of the session or task first."),
    ErrorRow(
      code: .conflict, name: "conflict", retry: .never, exit: 5,
      sentence: "Somebody else was faster: the parent step is not the head.",
      hint: "Fetch the current state and decide again."),
    ErrorRow(
      code: .fenced, name: "fenced", retry: .never, exit: 5,
      sentence: "The lease belongs to somebody else now.",
      hint: "Stop work on this task; another node goes on."),
    ErrorRow(
      code: .staleVersion, name: "stale_version", retry: .never, exit: 5,
      sentence: "The thing was changed since you read it.",
      hint: "Read it again, and repeat the change with the new version."),
    ErrorRow(
      code: .leaseExpired, name: "lease_expired", retry: .never, exit: 5,
      sentence: "The lease has expired.",
      hint: "Stop work on this task; another node goes on."),
    ErrorRow(
      code: .internalError, name: "internal_error", retry: .never, exit: 1,
      sentence: "Something failed that should not.",
      hint: "See the server's log; please report it."),
    ErrorRow(
      code: .unavailable, name: "unavailable", retry: .reconnect, exit: 6,
      sentence: "The service cannot be reached or is not ready.",
      hint: "Check that it runs, and the address; then try again."),
    ErrorRow(
      code: .deadlineExceeded, name: "deadline_exceeded", retry: .sameConnection, exit: 7,
      sentence: "The time for this request is over.",
      hint: "Try again with a longer --timeout."),
    ErrorRow(
      code: .cancelled, name: "cancelled", retry: .never, exit: 130,
      sentence: "The request was cancelled.",
      hint: "Nothing to do."),
    ErrorRow(
      code: .overloaded, name: "overloaded", retry: .sameConnection, exit: 6,
      sentence: "The service has too much to do.",
      hint: "Wait as long as the error says, then try again."),
    ErrorRow(
      code: .shuttingDown, name: "shutting_down", retry: .reconnect, exit: 6,
      sentence: "The service is stopping.",
      hint: "Reconnect; another instance or a restart will serve you."),
    ErrorRow(
      code: .storageFailed, name: "storage_failed", retry: .never, exit: 1,
      sentence: "The store could not be read or written.",
      hint: "Check the disk of the data folder, then restart the service."),
    ErrorRow(
      code: .storageFull, name: "storage_full", retry: .sameConnection, exit: 6,
      sentence: "The disk of the data folder is full.",
      hint: "Free some space."),
    ErrorRow(
      code: .corrupt, name: "corrupt", retry: .never, exit: 1,
      sentence: "Stored data does not match its checksum.",
      hint: "Restore it from a backup; run 'kaictl server check'."),
    ErrorRow(
      code: .connectionLost, name: "connection_lost", retry: .reconnect, exit: 6,
      sentence: "The connection broke before the answer came.",
      hint: "Try again; a repeated request with the same idempotency key is harmless."),
    ErrorRow(
      code: .dataFolderLocked, name: "data_folder_locked", retry: .never, exit: 1,
      sentence: "Another process uses this data folder.",
      hint: "Stop the other kai-session, or choose another --data."),
    ErrorRow(
      code: .modelUnavailable, name: "model_unavailable", retry: .sameConnection, exit: 6,
      sentence: "The model's server cannot be reached or fails.",
      hint: "Check --model-url and the model server's health."),
    ErrorRow(
      code: .modelRefused, name: "model_refused", retry: .never, exit: 3,
      sentence: "The model's server refused the request.",
      hint: "Check the model's name and its key."),
    ErrorRow(
      code: .modelProtocol, name: "model_protocol", retry: .sameConnection, exit: 1,
      sentence: "The model's server answered with something that is not an answer.",
      hint: "Check that --model-url is an OpenAI-compatible base address."),
    ErrorRow(
      code: .modelRateLimited, name: "model_rate_limited", retry: .sameConnection, exit: 6,
      sentence: "The model's server asks to slow down.",
      hint: "Wait, or raise the limit at the provider."),
    ErrorRow(
      code: .modelTimeout, name: "model_timeout", retry: .sameConnection, exit: 7,
      sentence: "The model's server did not answer in time.",
      hint: "Check its load; try again."),
    ErrorRow(
      code: .unknownTool, name: "unknown_tool", retry: .never, exit: 2,
      sentence: "There is no such tool in this mode.",
      hint: "Use one of the tools that the message lists."),
    ErrorRow(
      code: .toolArguments, name: "tool_arguments", retry: .never, exit: 2,
      sentence: "The arguments of a tool call are not valid.",
      hint: "Correct the argument that the message names."),
    ErrorRow(
      code: .pathRefused, name: "path_refused", retry: .never, exit: 2,
      sentence: "The path leaves the session's folder or is not a plain relative path.",
      hint: "Use a relative path inside the session's folder."),
    ErrorRow(
      code: .toolFailed, name: "tool_failed", retry: .never, exit: 1,
      sentence: "A tool failed.",
      hint: "See the message."),
    ErrorRow(
      code: .approvalDenied, name: "approval_denied", retry: .never, exit: 1,
      sentence: "A person did not approve the tool call.",
      hint: "Reach the goal in another way, or say what could not be done."),
    ErrorRow(
      code: .notAnswered, name: "not_answered", retry: .never, exit: 1,
      sentence: "A person was asked and did not answer in time.",
      hint: "Go on without the answer and say so, or ask again with a longer answer_timeout_ms in the session's policy."),
    ErrorRow(
      code: .databaseUnavailable, name: "database_unavailable", retry: .never, exit: 6,
      sentence: "The database of this connection cannot be opened.",
      hint: "The message says why; 'kaictl connection update ALIAS --uri URI' gives another address."),
    ErrorRow(
      code: .sqlRefused, name: "sql_refused", retry: .never, exit: 2,
      sentence: "The statement is not allowed: one read-only statement only.",
      hint: "Write a single SELECT."),
    ErrorRow(
      code: .sqlError, name: "sql_error", retry: .never, exit: 2,
      sentence: "The database refused the statement.",
      hint: "Correct the SQL; see the tables with 'describe_tables'."),
    ErrorRow(
      code: .sqlTimeout, name: "sql_timeout", retry: .never, exit: 7,
      sentence: "The statement took too long and was interrupted.",
      hint: "Filter more, or aggregate less."),
    ErrorRow(
      code: .recursionLimit, name: "recursion_limit", retry: .never, exit: 9,
      sentence: "The session's recursion limit was reached before the answer.",
      hint: "Raise it with 'kaictl session update --recursion-limit', or ask a narrower question."),
    ErrorRow(
      code: .budgetExhausted, name: "budget_exhausted", retry: .never, exit: 9,
      sentence: "The task has used up what it may use.",
      hint: "Give the session a larger budget with 'kaictl session update', and go on with 'kaictl task retry'."),
    ErrorRow(
      code: .poisoned, name: "poisoned", retry: .never, exit: 9,
      sentence: "The task's node died too often while it ran.",
      hint: "Look at 'kaictl session history', then retry it by hand."),
    ErrorRow(
      code: .cancelledByUser, name: "cancelled_by_user", retry: .never, exit: 9,
      sentence: "Somebody cancelled the task.",
      hint: "Submit it again if it is still wanted."),
    ErrorRow(
      code: .unanswerable, name: "unanswerable", retry: .never, exit: 9,
      sentence: "The question cannot be answered from this database by this model.",
      hint: "Rephrase it with names that occur in the schema, or use a language model."),
    ErrorRow(
      code: .usage, name: "usage", retry: .never, exit: 2,
      sentence: "The command line is not valid.",
      hint: "See --help."),
    ErrorRow(
      code: .localIo, name: "local_io", retry: .never, exit: 1,
      sentence: "A local file cannot be read or written.",
      hint: "Check the path and its permissions."),
  ]

  private static let byCode = Dictionary(uniqueKeysWithValues: rows.map { ($0.code, $0) })

  public static func row(_ code: ErrorCode) -> ErrorRow? { byCode[code] }

  /// Finds a row by its name or its number.
  public static func row(named text: String) -> ErrorRow? {
    rows.first { $0.name == text } ?? UInt32(text).flatMap { row(ErrorCode(rawValue: $0)) }
  }
}

extension ErrorCode {
  public static let badPreface = ErrorCode(rawValue: 100)
  public static let noCommonVersion = ErrorCode(rawValue: 101)
  public static let badFrame = ErrorCode(rawValue: 102)
  public static let badChecksum = ErrorCode(rawValue: 103)
  public static let frameTooLarge = ErrorCode(rawValue: 104)
  public static let badMessage = ErrorCode(rawValue: 105)
  public static let unknownMethod = ErrorCode(rawValue: 106)
  public static let tooManyStreams = ErrorCode(rawValue: 107)
  public static let flowViolation = ErrorCode(rawValue: 108)
  public static let abuse = ErrorCode(rawValue: 109)
  public static let handshakeTimeout = ErrorCode(rawValue: 110)
  public static let plaintextRefused = ErrorCode(rawValue: 111)
  public static let tlsFailed = ErrorCode(rawValue: 112)
  public static let unauthenticated = ErrorCode(rawValue: 200)
  public static let forbidden = ErrorCode(rawValue: 201)
  public static let rateLimited = ErrorCode(rawValue: 202)
  public static let invalidArgument = ErrorCode(rawValue: 300)
  public static let notFound = ErrorCode(rawValue: 301)
  public static let alreadyExists = ErrorCode(rawValue: 302)
  public static let failedPrecondition = ErrorCode(rawValue: 303)
  public static let limitExceeded = ErrorCode(rawValue: 304)
  public static let idempotencyMismatch = ErrorCode(rawValue: 305)
  public static let invalidJson = ErrorCode(rawValue: 306)
  public static let sessionClosed = ErrorCode(rawValue: 307)
  public static let sessionBusy = ErrorCode(rawValue: 308)
  public static let invalidTransition = ErrorCode(rawValue: 309)
  public static let conflict = ErrorCode(rawValue: 400)
  public static let fenced = ErrorCode(rawValue: 401)
  public static let staleVersion = ErrorCode(rawValue: 402)
  public static let leaseExpired = ErrorCode(rawValue: 403)
  public static let internalError = ErrorCode(rawValue: 500)
  public static let unavailable = ErrorCode(rawValue: 501)
  public static let deadlineExceeded = ErrorCode(rawValue: 502)
  public static let cancelled = ErrorCode(rawValue: 503)
  public static let overloaded = ErrorCode(rawValue: 504)
  public static let shuttingDown = ErrorCode(rawValue: 505)
  public static let storageFailed = ErrorCode(rawValue: 506)
  public static let storageFull = ErrorCode(rawValue: 507)
  public static let corrupt = ErrorCode(rawValue: 508)
  public static let connectionLost = ErrorCode(rawValue: 509)
  public static let dataFolderLocked = ErrorCode(rawValue: 510)
  public static let modelUnavailable = ErrorCode(rawValue: 700)
  public static let modelRefused = ErrorCode(rawValue: 701)
  public static let modelProtocol = ErrorCode(rawValue: 702)
  public static let modelRateLimited = ErrorCode(rawValue: 703)
  public static let modelTimeout = ErrorCode(rawValue: 704)
  public static let unknownTool = ErrorCode(rawValue: 710)
  public static let toolArguments = ErrorCode(rawValue: 711)
  public static let pathRefused = ErrorCode(rawValue: 712)
  public static let toolFailed = ErrorCode(rawValue: 713)
  public static let approvalDenied = ErrorCode(rawValue: 714)
  public static let notAnswered = ErrorCode(rawValue: 715)
  public static let databaseUnavailable = ErrorCode(rawValue: 720)
  public static let sqlRefused = ErrorCode(rawValue: 721)
  public static let sqlError = ErrorCode(rawValue: 722)
  public static let sqlTimeout = ErrorCode(rawValue: 723)
  public static let recursionLimit = ErrorCode(rawValue: 730)
  public static let budgetExhausted = ErrorCode(rawValue: 734)
  public static let poisoned = ErrorCode(rawValue: 731)
  public static let cancelledByUser = ErrorCode(rawValue: 732)
  public static let unanswerable = ErrorCode(rawValue: 733)
  public static let usage = ErrorCode(rawValue: 900)
  public static let localIo = ErrorCode(rawValue: 901)
}
