import Wire

/// What an agent may ask of a person, and what a person may answer.
enum QuestionRules {
  /// A question as it is stored: with its id and its times.
  /// - Parameter step: the step that asks.
  /// - Throws: `invalid_argument` when it does not say what it is about.
  static func asked(
    _ ask: TaskQuestion, step: UInt64, policy: SessionPolicy?, now: Timestamp
  ) throws(WireError) -> TaskQuestion {
    switch ask.kind {
    case .approval, .unknownOutcome:
      guard let call = ask.call else { throw WireError(.invalidArgument, "ask.call is missing") }
      guard call.arguments.utf8.count <= Limits.questionArgumentBytes else {
        throw WireError(
          .invalidArgument, "ask.call.arguments may have at most \(Limits.questionArgumentBytes) bytes",
          hint: "Leave longer ones out; the checkpoint has them.")
      }
    case .input:
      guard ask.text.contains(where: { !$0.isWhitespace }) else {
        throw WireError(.invalidArgument, "ask.text is empty")
      }
    case .unspecified: throw WireError(.invalidArgument, "ask.kind is unspecified")
    }
    var question = ask
    question.id = "q\(step)"
    question.askedAt = now
    question.expiresAt = now.advanced(milliseconds: Int64(policy?.answerTimeoutMs ?? Limits.answerTimeoutMs))
    question.answer = nil
    return question
  }

  /// A person's answer.
  /// - Throws: `conflict` when another question is meant than the one that waits; `invalid_argument` or `invalid_json` when
  ///   the answer does not fit the question.
  static func answer(
    _ request: TaskAnswerRequest, to question: TaskQuestion, keyId: String, keyName: String, now: Timestamp
  ) throws(WireError) -> TaskAnswer {
    guard request.questionId.isEmpty || request.questionId == question.id else {
      throw WireError(
        .conflict, "the task asks question \(quoted(question.id)) now, not \(quoted(request.questionId))",
        hint: "See what it asks with 'kaictl task why'.")
    }
    try requireFit(request, question.kind)
    guard request.text.utf8.count <= Limits.metadataBytes, request.note.utf8.count <= 4_096 else {
      throw WireError(.limitExceeded, "the text may have at most \(Limits.metadataBytes) bytes and the note 4096")
    }
    let arguments =
      request.arguments.isEmpty
      ? ""
      : try JSONObjectText.normalized(request.arguments, name: "arguments", maxBytes: Limits.metadataBytes)
    return TaskAnswer.with {
      $0.questionId = question.id
      $0.verdict = request.verdict
      $0.arguments = arguments
      $0.text = request.text
      $0.note = request.note
      $0.keyId = keyId
      $0.keyName = keyName
      $0.at = now
    }
  }

  private static func requireFit(_ request: TaskAnswerRequest, _ kind: QuestionKind) throws(WireError) {
    switch (request.verdict, kind) {
    case (.approve, .approval), (.approve, .unknownOutcome), (.deny, _), (.reply, .input): break
    case (.reply, _):
      throw WireError(.invalidArgument, "the task asks for approval, not for a text", hint: "Answer with approve or deny.")
    case (.approve, _):
      throw WireError(.invalidArgument, "the task asks for a text, not for approval", hint: "Answer with a text, or deny.")
    case (.unspecified, _), (.expired, _):
      throw WireError(.invalidArgument, "verdict is \(request.verdict.label)", hint: "Use approve, deny or reply.")
    }
    guard request.verdict == .approve || request.arguments.isEmpty else {
      throw WireError(.invalidArgument, "arguments go with approve only")
    }
    guard request.verdict == .reply || request.text.isEmpty else {
      throw WireError(.invalidArgument, "a text goes with reply only", hint: "Use note for a remark.")
    }
    guard request.verdict != .reply || request.text.contains(where: { !$0.isWhitespace }) else {
      throw WireError(.invalidArgument, "the text of the reply is empty")
    }
  }

  /// What stands in for the answer that nobody gave in time.
  static func expired(_ question: TaskQuestion, now: Timestamp) -> TaskAnswer {
    .with {
      $0.questionId = question.id
      $0.verdict = .expired
      $0.at = now
    }
  }

  /// For people, such as `approved by ana`.
  static func sentence(_ answer: TaskAnswer) -> String {
    let name = answer.keyName.isEmpty ? answer.keyId : answer.keyName
    return switch answer.verdict {
    case .approve: answer.arguments.isEmpty ? "approved by \(name)" : "approved with changes by \(name)"
    case .deny: "refused by \(name)"
    case .reply: "answered by \(name)"
    case .expired, .unspecified: "nobody answered in time"
    }
  }
}
