import CoreMetrics
import Telemetry
import Wire

/// What a node measures of its models and its tools.
enum AgentMetrics {
  private static let modelSeconds = "kai_model_seconds"
  private static let modelCalls = "kai_model_calls_total"
  private static let modelTokens = "kai_model_tokens_total"
  private static let toolSeconds = "kai_tool_seconds"
  private static let toolCalls = "kai_tool_calls_total"

  /// - Parameter error: how the call failed; nil when it did not.
  static func model(_ name: String, _ reply: ModelReply?, _ error: WireError?, _ elapsed: Duration) {
    let labels = [("model", name)]
    Timer(label: modelSeconds, dimensions: labels).recordNanoseconds(Int64(elapsed / .nanoseconds(1)))
    Counter(label: modelCalls, dimensions: labels + [("code", error?.errorCode.name ?? "ok")]).increment()
    guard let reply else { return }
    Counter(label: modelTokens, dimensions: labels + [("kind", "input")]).increment(by: Int64(clamping: reply.inputTokens))
    Counter(label: modelTokens, dimensions: labels + [("kind", "output")]).increment(by: Int64(clamping: reply.outputTokens))
  }

  /// - Parameter name: of a tool that exists; what a model made up is not a label.
  static func tool(_ name: String, isError: Bool, _ elapsed: Duration) {
    Timer(label: toolSeconds, dimensions: [("tool", name)]).recordNanoseconds(Int64(elapsed / .nanoseconds(1)))
    Counter(label: toolCalls, dimensions: [("tool", name), ("code", isError ? "error" : "ok")]).increment()
  }

  /// Names what is measured, and adds what is read when somebody asks.
  static func describe(_ metrics: PrometheusMetrics, _ node: NodeService) {
    ProcessFigures.describe(in: metrics)
    metrics.describe(modelSeconds, "Calls of a model, from the request to the end of the reply.")
    metrics.describe(modelCalls, "Calls of a model by how they ended.")
    metrics.describe(modelTokens, "Tokens that a model read and wrote, as its server counts them.")
    metrics.describe(toolSeconds, "Runs of a tool.")
    metrics.describe(toolCalls, "Runs of a tool by how they ended.")
    metrics.read("kai_build_info", "The version that runs.") { [([("version", Release.version)], 1)] }
    metrics.read("kai_node_attached", "1 while the node is attached to kai-session.") { [([], node.isAttached ? 1 : 0)] }
    metrics.read("kai_node_running", "Tasks under way.") { [([], Double(node.running))] }
    metrics.read("kai_node_slots", "Tasks that can run at once.") { [([], Double(node.slots))] }
  }
}
