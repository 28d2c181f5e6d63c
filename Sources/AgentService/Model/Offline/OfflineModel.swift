import JSON
import Wire

/// What the offline model is made of: a deterministic analyst without a network or a language model.
enum Analyst {}

/// The model `offline`: no network and no language model, a deterministic analyst. What it says next is a pure function of
/// the turn, so a task that was interrupted goes on from the same transcript with the same next call.
struct OfflineModel: Model {
  var name: String { "offline" }
  var isLanguageModel: Bool { false }
  var prices: ModelPrices? { ModelPrices.nothing }

  func respond(
    to turn: ModelTurn, onToken: @escaping @Sendable (String) -> Void
  ) async throws(WireError) -> ModelReply {
    let reply = Self.reply(to: turn)
    onToken(reply.text)
    return reply
  }

  static func reply(to turn: ModelTurn) -> ModelReply {
    let evidence = Analyst.Evidence(turn)
    var reply = ModelReply()
    do throws(Analyst.Pause) {
      throw .finished(try Analyst.Script(evidence: evidence).run())
    } catch {
      switch error {
      case .calls(let calls, let text):
        reply.text = text
        reply.toolCalls = evidence.toolCalls(calls)
      case .outOfSteps:
        finish(Analyst.Conclusion.outOfSteps, evidence, &reply)
      case .finished(let conclusion):
        finish(conclusion, evidence, &reply)
      }
    }
    return reply
  }

  private static func finish(
    _ conclusion: Analyst.Conclusion, _ evidence: Analyst.Evidence, _ reply: inout ModelReply
  ) {
    reply.text = conclusion.answer
    if evidence.has("finish") {
      reply.toolCalls = evidence.toolCalls([.init("finish", conclusion.arguments)])
    }
  }
}

extension Analyst.Conclusion {
  static let outOfSteps = Analyst.Conclusion(
    answer: "The recursion limit left no steps to finish this.", insights: [],
    suggestions: ["Run it again with a higher recursion limit."], isPartial: true,
    degraded: ["The recursion limit was reached before an answer was."])

  /// What `finish` takes.
  private static let mostRows = 1_000

  /// The arguments of `finish`.
  var arguments: JSONValue {
    var members: [JSONValue.Member] = [.init("answer", .string(answer))]
    var insights = insights
    if !columns.isEmpty {
      if rows.count > Self.mostRows {
        insights.append("The table shows \(Self.mostRows) of \(Analyst.NumberText.grouped(Int64(rows.count))) rows.")
      }
      let cells = rows.prefix(Self.mostRows).map { JSONValue.array($0.map(Analyst.NumberText.plainCell)) }
      members.append(
        .init("table", ["columns": .array(columns.map { .string($0) }), "rows": .array(cells)]))
    }
    members.append(.init("insights", .array(insights.map { .string($0) })))
    members.append(.init("suggestions", .array(suggestions.map { .string($0) })))
    members.append(.init("status", isPartial ? "partial" : "completed"))
    members.append(.init("degraded", .array(degraded.map { .string($0) })))
    if !used.isEmpty { members.append(.init("used", .array(used.map { .string($0) }))) }
    return .object(members)
  }
}
