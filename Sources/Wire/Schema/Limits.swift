/// Every limit of the protocol, in one place, with its unit last in the name.
public enum Limits {
  // Frames.
  public static let frameHeaderBytes = 24
  public static let handshakeFrameBytes = 4 * 1024
  /// No connection agrees on less, so that a chunk with its lengths always fits.
  public static let minFrameBytes = 512 * 1024
  public static let defaultFrameBytes = 1024 * 1024
  public static let hardFrameBytes = 16 * 1024 * 1024
  public static let defaultMessageBytes = 4 * 1024 * 1024
  public static let hardMessageBytes = 16 * 1024 * 1024
  public static let headBytes = 4 * 1024
  public static let chunkBytes = 256 * 1024
  /// A body may inflate to at most `inflateRatio` × its size + `inflateSlackBytes`: zlib cannot do more.
  public static let inflateRatio = 1040
  public static let inflateSlackBytes = 64
  public static let compressFromBytes = 1024
  public static let compressWithDictionaryFromBytes = 512

  // Streams and connections.
  /// Events that a server hands over at once; a longer burst goes in parts, each with a flush of its own, so that the peer
  /// works on the first answers while the others are made. Measured with 64 small calls under way: 3.6 µs a call with one
  /// flush for all, 1.7 µs in parts of 16.
  public static let burstEvents = 16
  public static let maxStreams = 256
  public static let pendingBytesPerPeer = 16 * 1024 * 1024
  public static let requestBytesPerPeer = 32 * 1024 * 1024
  /// What a request under way counts beside its own bytes: its stream, and what the service keeps to answer it.
  public static let streamHeldBytes = 2 * 1024
  /// A frame must arrive at this rate, once it has had ``slowFrameGraceMs``.
  public static let slowFrameBytesPerSecond: Int64 = 4 * 1024
  public static let slowFrameGraceMs: Int64 = 10_000
  public static let handshakeTimeoutMs: Int64 = 5_000
  public static let halfOpenConnections = 128
  /// Connections of one server, unless its operator says otherwise.
  public static let connections = 10_000
  /// Bytes that all connections of one server may hold, unless its operator says otherwise; see ``MemoryBudget``.
  public static let requestBytes = 128 * 1024 * 1024
  /// Tasks that may wait in the queue, unless the operator says otherwise.
  public static let queuedTasks = 100_000
  /// Failed authentications of one address in ``authWindowMs``, after which it is turned away for the rest of that time.
  public static let authFailures = 30
  /// Database connections that one key may be limited to.
  public static let keyConnections = 256
  /// Ten years, in milliseconds.
  public static let keyValidityMs: UInt64 = 10 * 365 * 86_400_000
  public static let authWindowMs: Int64 = 60_000
  public static let pingIdleMs: Int64 = 30_000
  public static let pongTimeoutMs: Int64 = 10_000
  public static let abuseWindowMs: Int64 = 30_000
  public static let abuseCancels = 200
  public static let abuseErrors = 200
  public static let abuseControlFrames = 200
  public static let abuseOddities = 200
  public static let initialStreamBytes: UInt32 = 1024 * 1024
  public static let initialStreamItems: UInt32 = 256
  public static let idempotencyTtlMs: Int64 = 24 * 3_600_000

  // Messages.
  public static let maxMessageDepth = 16
  public static let maxDecodePasses = 1_024
  public static let idBytes = 64
  public static let nameBytes = 256
  public static let titleBytes = 1_024
  public static let metadataBytes = 64 * 1024
  public static let labels = 64
  public static let promptBytes = 256 * 1024
  public static let textBytes = 1024 * 1024
  public static let uriBytes = 4 * 1024
  public static let memoryValueBytes = 64 * 1024
  public static let memoryKeyBytes = 512
  public static let embeddingDimensions = 4_096
  /// Of an instruction, a skill or a statement that somebody taught.
  public static let knowledgeTextBytes = 64 * 1024
  public static let entries = 4_096
  public static let eventsPerCommit = 256
  public static let listDefault: UInt32 = 100
  public static let listMax: UInt32 = 1_000
  public static let cursorBytes = 256

  // Work.
  public static let recursionLimitDefault: UInt32 = 100
  public static let recursionLimitMax: UInt32 = 500
  public static let leaseTtlMs: Int64 = 15_000
  public static let heartbeatIntervalMs: Int64 = 3_000
  public static let leaseMarginMs: Int64 = 3_000
  public static let leaseGraceMs: Int64 = 2_000
  public static let grantAckMs: Int64 = 2_000
  public static let maxAttempts: UInt32 = 5
  /// Retries of retries from earlier steps that a task remembers.
  public static let retries = 64
  /// How long a task waits whose executions died twice; it doubles with each death after that.
  public static let retryDelayMs: Int64 = 1_000
  public static let retryDelayMaxMs: Int64 = 60_000
  public static let answerTimeoutMs: UInt64 = 24 * 3_600_000
  public static let answerTimeoutMinMs: UInt64 = 1_000
  public static let answerTimeoutMaxMs: UInt64 = 30 * 24 * 3_600_000
  /// Arguments of a call that are shown in a question.
  public static let questionArgumentBytes = 64 * 1024
  /// A commit is one message: what is left of it holds the events and the result.
  public static let checkpointBytes = 3_584 * 1024
  /// What one step holds once its body is inflated, and how many entries, counted together with the tool calls and the
  /// artifacts' paths in them: a few stored bytes must not become more than a small node can hold.
  public static let stepInflatedBytes = 32 * 1024 * 1024
  public static let stepEntries = 4_096
  /// The same of a whole transcript: what a snapshot holds, or what the steps of a session add up to.
  public static let transcriptInflatedBytes = 128 * 1024 * 1024
  public static let transcriptEntries = 131_072
  public static let artifactBytes: UInt64 = 256 * 1024 * 1024
  public static let artifactPathBytes = 1_024
}
