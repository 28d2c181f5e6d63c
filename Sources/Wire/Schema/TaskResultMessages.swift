/// Something the agent's answer stands on, or found on the way.
public struct SqlUsed: WireMessage {
  /// The statement as it ran.
  public var sql = ""
  /// Rows it returned.
  public var rowCount: UInt64 = 0
  /// How long it took, in milliseconds.
  public var elapsedMs: UInt64 = 0
  /// See ``ToolResultEntry/rowsHash``.
  public var rowsHash = ""
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "sql", &sql, max: Limits.textBytes)
    v.field(2, "row_count", &rowCount)
    v.field(3, "elapsed_ms", &elapsedMs)
    v.field(4, "rows_hash", &rowsHash, max: Limits.nameBytes)
  }
}

/// A table: every cell as text, absent cells (NULL) marked.
public struct AnswerTable: WireMessage {
  /// Their names, in order.
  public var columns: [String] = []
  /// Each with a cell for every column.
  public var rows: [AnswerRow] = []
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "columns", &columns, max: 256, maxEach: 1_024)
    v.field(2, "rows", &rows, max: 1_000)
  }
}

/// One row of a table.
public struct AnswerRow: WireMessage {
  /// One for every column, in order.
  public var cells: [AnswerCell] = []
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "cells", &cells, max: 256)
  }
}

/// One cell of a table.
public struct AnswerCell: WireMessage {
  /// The value as text; absent for NULL.
  public var text: String?
  /// The database said that it is a number; to be set right and formatted as such.
  public var isNumber = false
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "text", &text, max: 64 * 1024)
    v.field(2, "is_number", &isNumber)
  }
}

/// How a task ended.
public struct TaskResult: WireMessage {
  /// completed, partial, failed or cancelled. A task that was to be cancelled, and was not completed before, ends as cancelled
  /// whatever is said here.
  public var status = TaskStatus.unspecified
  /// In words, as Markdown.
  public var answer = ""
  /// The answer's figures, when they are a table.
  public var table: AnswerTable?
  /// Questions that could follow.
  public var suggestions: [String] = []
  /// Statements that the answer stands on.
  public var sqlUsed: [SqlUsed] = []
  /// Paths of the session's artifacts that this task wrote.
  public var artifacts: [String] = []
  /// What else was noticed, in sentences.
  public var insights: [String] = []
  /// What the work cost, over all executions.
  public var usage: Usage?
  /// What could not be done, in sentences; never hidden.
  public var degraded: [String] = []
  /// Why it failed or was cut short; absent for a whole answer.
  public var error: WireError?
  /// The task went on from a checkpoint of an earlier execution.
  public var resumed = false
  /// Steps this task took, over all executions.
  public var steps: UInt64 = 0
  /// Numbers of the answer that no result of this task's queries has, as they are written there.
  public var untracedNumbers: [String] = []
  /// The language in which the answer is written.
  public var language = Language.unspecified
  /// What of that which was taught the answer stands on.
  public var used: [UsedKnowledge] = []
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "status", &status)
    v.field(2, "answer", &answer, max: Limits.textBytes)
    v.field(3, "table", &table)
    v.field(4, "suggestions", &suggestions, max: 64, maxEach: 4_096)
    v.field(5, "sql_used", &sqlUsed, max: 1_024)
    v.field(6, "artifacts", &artifacts, max: 1_024, maxEach: Limits.artifactPathBytes)
    v.field(7, "insights", &insights, max: 256, maxEach: 16 * 1024)
    v.field(8, "usage", &usage)
    v.field(9, "degraded", &degraded, max: 256, maxEach: 4_096)
    v.field(10, "error", &error)
    v.field(11, "resumed", &resumed)
    v.field(12, "steps", &steps)
    v.field(13, "untraced_numbers", &untracedNumbers, max: 64, maxEach: Limits.nameBytes)
    v.field(14, "language", &language)
    v.field(15, "used", &used, max: 256)
  }
}

/// A piece of what was taught that an answer stands on.
public struct UsedKnowledge: WireMessage {
  /// See ``BackgroundPiece/source``.
  public var source = ""
  /// What it says, or its beginning.
  public var text = ""
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "source", &source, max: 2_048)
    v.field(2, "text", &text, max: 4_096)
  }
}
