import JSON
import Wire

/// What a session's fields may hold.
enum SessionRules {
  /// - Throws: `invalid_argument` outside of 1...500.
  static func recursionLimit(_ limit: UInt32) throws(WireError) -> UInt32 {
    guard (1...Limits.recursionLimitMax).contains(limit) else {
      throw WireError(.invalidArgument, "recursion_limit is \(limit), but must be 1...\(Limits.recursionLimitMax)")
    }
    return limit
  }

  /// A title, or nil for none.
  /// - Throws: `invalid_argument` when it is longer than 1 KiB.
  static func title(_ title: String?) throws(WireError) -> String? {
    guard let title, !title.isEmpty else { return nil }
    guard title.utf8.count <= Limits.titleBytes else {
      throw WireError(.invalidArgument, "the title has \(title.utf8.count) bytes, but may have at most \(Limits.titleBytes)")
    }
    return title
  }

  /// Metadata in its stored form: one line of JSON.
  /// - Throws: `invalid_json` when it is no JSON object, `limit_exceeded` over 64 KiB.
  static func metadata(_ text: String) throws(WireError) -> String {
    text.isEmpty ? "{}" : try JSONObjectText.normalized(text, name: "metadata", maxBytes: Limits.metadataBytes)
  }

  /// Metadata after a JSON merge patch (RFC 7396).
  /// - Throws: `invalid_json` when the patch is no JSON object, `limit_exceeded` when the outcome is over 64 KiB.
  static func metadata(_ text: String, patchedBy patch: String) throws(WireError) -> String {
    let patch = try JSONObjectText.parse(patch, name: "metadata_patch")
    let current = try JSONObjectText.parse(text, name: "metadata")
    return try JSONObjectText.bounded(current.merging(patch: patch), name: "metadata", maxBytes: Limits.metadataBytes)
  }
}

extension SessionRules {
  /// The policy of a new session, or of one that is changed: what `change` leaves out stays as it is in `current`.
  /// - Throws: `invalid_argument` that names the field.
  static func policy(_ current: SessionPolicy?, changedBy change: SessionPolicy?) throws(WireError) -> SessionPolicy? {
    guard let change else { return current }
    var policy = current ?? SessionPolicy()
    if change.approval != .unspecified {
      policy.approval = change.approval
      policy.approvalTools = []
    }
    if !change.approvalTools.isEmpty { policy.approvalTools = change.approvalTools }
    if policy.approval == .tools {
      guard policy.approvalTools.allSatisfy({ !$0.isEmpty }), !policy.approvalTools.isEmpty else {
        throw WireError(.invalidArgument, "approval is 'tools', but approval_tools names none")
      }
    } else if !policy.approvalTools.isEmpty {
      throw WireError(.invalidArgument, "approval_tools goes with approval 'tools', not '\(policy.approval.label)'")
    }
    if let timeout = change.answerTimeoutMs {
      guard (Limits.answerTimeoutMinMs...Limits.answerTimeoutMaxMs).contains(timeout) else {
        throw WireError(
          .invalidArgument,
          "answer_timeout_ms is \(timeout), but must be \(Limits.answerTimeoutMinMs)...\(Limits.answerTimeoutMaxMs)")
      }
      policy.answerTimeoutMs = timeout
    }
    if change.unknownOutcome != .unspecified { policy.unknownOutcome = change.unknownOutcome }
    if change.language != .unspecified { policy.language = change.language }
    if change.learning != .unspecified { policy.learning = change.learning }
    if let shares = change.sharesCorrections { policy.sharesCorrections = shares }
    if let budgets = change.budgets {
      let limits = [
        budgets.toolCalls, budgets.tokens, budgets.workMs, budgets.identicalFailures, budgets.emptyResults, budgets.sqlErrors,
        budgets.costMicros,
      ]
      guard limits.allSatisfy({ $0 != 0 }) else {
        throw WireError(.invalidArgument, "a budget of 0 lets nothing happen", hint: "Use 1 or more, or leave it out.")
      }
      policy.budgets = budgets
    }
    if let retention = change.retention { policy.retention = retention.keepsEverything ? nil : retention }
    return policy
  }
}

extension Retention {
  var keepsEverything: Bool { steps == 0 && ageMs == 0 && bytes == 0 }
}

/// Texts that must be a JSON object.
enum JSONObjectText {
  /// - Throws: `invalid_json`
  static func parse(_ text: String, name: String) throws(WireError) -> JSONValue {
    let value: JSONValue
    do throws(JSONError) { value = try JSONValue(parsing: text, keepsIntegers: true) } catch {
      throw WireError(.invalidJson, "\(name) is not valid JSON: \(error)")
    }
    guard value.object != nil else {
      throw WireError(.invalidJson, "\(name) must be a JSON object, such as {\"team\": \"sales\"}")
    }
    return value
  }

  /// - Throws: `invalid_json`, or `limit_exceeded` over `maxBytes`.
  static func normalized(_ text: String, name: String, maxBytes: Int) throws(WireError) -> String {
    try bounded(try parse(text, name: name), name: name, maxBytes: maxBytes)
  }

  static func bounded(_ value: JSONValue, name: String, maxBytes: Int) throws(WireError) -> String {
    let text = value.text()
    guard text.utf8.count <= maxBytes else {
      throw WireError(.limitExceeded, "\(name) has \(text.utf8.count) bytes, but may have at most \(maxBytes)")
    }
    return text
  }
}
