package import JSON
package import Wire

/// What a node has beyond what every `kai-agent` has. A program of this package that is a node gives it; `kai-agent` has none.
package struct NodeEquipment: Sendable {
  package var tools: [AddedTool] = []
  /// Answers instead of the node's model where it wants to.
  package var model: AddedModel?

  package init() {}

  var registry: ToolRegistry { .standard.adding(tools) }

  func model(over node: any Model) -> any Model {
    guard let model else { return node }
    return ModelWithAddition(addition: model, node: node)
  }
}

/// A tool that is not KAI's own. It exists in every mode.
package struct AddedTool: Sendable {
  /// What a tool may know of the call.
  package struct CallSite: Sendable {
    package let sessionId: String
    package let taskId: String
    /// Names the call, the same in every execution of the task.
    package let callKey: String
  }

  package typealias Run = @Sendable (_ arguments: JSONValue, _ site: CallSite) async throws(WireError) -> String

  let name: String
  let description: String
  let parameters: JSONValue
  let sideEffect: SideEffect
  let body: Run

  /// - Parameters:
  ///   - parameters: a JSON Schema object; see ``ToolDefinition/parameters``.
  ///   - run: returns what the model reads; what it throws is the tool's result too.
  package init(
    name: String, description: String, parameters: JSONValue, sideEffect: SideEffect, run: @escaping Run
  ) {
    self.name = name
    self.description = description
    self.parameters = parameters
    self.sideEffect = sideEffect
    self.body = run
  }
}

extension AddedTool: Tool {
  var definition: ToolDefinition {
    ToolDefinition(
      name: name, description: description, parameters: parameters, sideEffect: sideEffect, modes: .everyMode)
  }

  func run(_ arguments: JSONValue, _ context: ToolContext) async throws(WireError) -> ToolOutput {
    let site = CallSite(sessionId: context.sessionId, taskId: context.taskId, callKey: context.callKey)
    return ToolOutput(content: try await body(arguments, site))
  }
}

/// A model that answers some tasks and leaves the others to the node's own.
package struct AddedModel: Sendable {
  package struct Reply: Sendable {
    package var text: String
    package var toolCalls: [ToolCall]

    package init(text: String, toolCalls: [ToolCall] = []) {
      self.text = text
      self.toolCalls = toolCalls
    }
  }

  /// One turn; nil leaves it to the node's model.
  package typealias Respond =
    @Sendable (_ taskId: String, _ entries: [TranscriptEntry]) async throws(WireError) -> Reply?

  let respond: Respond

  package init(_ respond: @escaping Respond) { self.respond = respond }
}

private struct ModelWithAddition: Model {
  let addition: AddedModel
  let node: any Model

  var name: String { node.name }
  var windowBytes: Int { node.windowBytes }
  var isLanguageModel: Bool { node.isLanguageModel }
  var prices: ModelPrices? { node.prices }
  var hasFewTools: Bool { node.hasFewTools }

  func respond(
    to turn: ModelTurn, onToken: @escaping @Sendable (String) -> Void
  ) async throws(WireError) -> ModelReply {
    guard let reply = try await addition.respond(turn.taskId, turn.entries) else {
      return try await node.respond(to: turn, onToken: onToken)
    }
    onToken(reply.text)
    return ModelReply(text: reply.text, toolCalls: reply.toolCalls)
  }
}
