import ArgumentParser
import Wire

/// A value of one of the protocol's closed sets, by its label; `-` may stand for `_`.
struct Choice<Value: WireEnum>: ExpressibleByArgument {
  let value: Value

  init?(argument: String) {
    let label = String(argument.lowercased().map { $0 == "-" ? "_" : $0 })
    guard let value = Value(label: label) else { return nil }
    self.value = value
  }

  var defaultValueDescription: String { value.label }
  static var allValueStrings: [String] { Value.labels }
}
