import ArgumentParser
import Wire

/// Which tool calls need a person's approval: a rule, or the names of tools.
struct ApprovalArgument: ExpressibleByArgument {
  let rule: ApprovalRule
  let tools: [String]

  init?(argument: String) {
    if let rule = ApprovalRule(label: argument.lowercased()), rule != .tools {
      (self.rule, tools) = (rule, [])
      return
    }
    tools = argument.split(separator: ",").map { String($0.filter { !$0.isWhitespace }) }
    rule = .tools
    guard !tools.isEmpty, tools.allSatisfy({ !$0.isEmpty }) else { return nil }
  }
}

/// When a session's agent asks a person, what a task may use up, and how much of the past is kept.
struct PolicyOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Tool calls that wait for approval: never, unsafe, always, or tools' names.", valueName: "rule"))
  var approval: ApprovalArgument?
  @Option(help: ArgumentHelp("How long a question waits for its answer, 1s to 30d (default: 24h).", valueName: "time"))
  var answerTimeout: TimeSpan?
  @Option(
    help: ArgumentHelp("For an unsafe call that may have run on a node that died: tell_model or ask_person.", valueName: "rule"))
  var unknownOutcome: Choice<UnknownOutcome>?
  @Option(help: ArgumentHelp("Keep only the newest steps; 0 keeps all.", valueName: "n")) var keepSteps: UInt64?
  @Option(help: ArgumentHelp("Keep only steps younger than this, such as 30d.", valueName: "time")) var keepAge: TimeSpan?
  @Option(help: ArgumentHelp("Keep only the newest steps of at most so many bytes.", valueName: "n")) var keepBytes: UInt64?

  @Option(help: ArgumentHelp("Tool calls that a task may make.", valueName: "n")) var maxToolCalls: UInt64?
  @Option(help: ArgumentHelp("The model's tokens that a task may use, in and out.", valueName: "n")) var maxTokens: UInt64?
  @Option(help: ArgumentHelp("Time that models and tools may work for a task, such as 10m.", valueName: "time"))
  var maxTime: TimeSpan?
  @Option(help: ArgumentHelp("Times that the same call may fail in the same way (default: 3).", valueName: "n"))
  var maxIdenticalFailures: UInt64?
  @Option(help: ArgumentHelp("Queries in a row that may find nothing (default: 8).", valueName: "n")) var maxEmptyResults: UInt64?
  @Option(help: ArgumentHelp("Queries in a row that the database may refuse (default: 8).", valueName: "n"))
  var maxSqlErrors: UInt64?
  @Option(
    help: ArgumentHelp("Money for the model, in the currency of the nodes' --model-prices, such as 0.50.", valueName: "amount"))
  var maxCost: Money?

  @Option(help: ArgumentHelp("off, inject, capture or both (default: the connection's).", valueName: "mode"))
  var learning: Choice<LearningMode>?
  @Option(help: ArgumentHelp("Share corrections that are noticed at once: yes or no.", valueName: "answer"))
  var shareCorrections: YesOrNo?

  var isEmpty: Bool {
    learning == nil && shareCorrections == nil && approval == nil && answerTimeout == nil && unknownOutcome == nil
      && retention == nil && budgets == nil
  }

  private var budgets: Budgets? {
    let all: [Any?] = [maxToolCalls, maxTokens, maxTime, maxIdenticalFailures, maxEmptyResults, maxSqlErrors, maxCost]
    guard all.contains(where: { $0 != nil }) else { return nil }
    return .with {
      $0.toolCalls = maxToolCalls
      $0.tokens = maxTokens
      $0.workMs = maxTime.map { UInt64($0.milliseconds) }
      $0.identicalFailures = maxIdenticalFailures
      $0.emptyResults = maxEmptyResults
      $0.sqlErrors = maxSqlErrors
      $0.costMicros = maxCost?.micros
    }
  }

  private var retention: Retention? { Retention(keepSteps: keepSteps, keepAge: keepAge, keepBytes: keepBytes) }

  /// nil when none of it is given.
  var policy: SessionPolicy? {
    guard !isEmpty else { return nil }
    return .with {
      $0.approval = approval?.rule ?? .unspecified
      $0.approvalTools = approval?.tools ?? []
      $0.answerTimeoutMs = answerTimeout.map { UInt64($0.milliseconds) }
      $0.unknownOutcome = unknownOutcome?.value ?? .unspecified
      $0.retention = retention
      $0.budgets = budgets
      $0.learning = learning?.value ?? .unspecified
      $0.sharesCorrections = shareCorrections.map { $0 == .yes }
    }
  }
}

/// Said in words, so that leaving it out is a third answer.
enum YesOrNo: String, ExpressibleByArgument, CaseIterable {
  case yes, no
}

extension Retention {
  /// nil when none of it is given.
  init?(keepSteps: UInt64?, keepAge: TimeSpan?, keepBytes: UInt64?) {
    guard keepSteps != nil || keepAge != nil || keepBytes != nil else { return nil }
    self.init()
    steps = keepSteps ?? 0
    ageMs = keepAge.map { UInt64($0.milliseconds) } ?? 0
    bytes = keepBytes ?? 0
  }
}
