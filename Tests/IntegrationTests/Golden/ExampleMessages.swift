import NIOCore
import Wire

/// Fills a message with the same values every time, named after its fields, so that what a command prints of it can be compared.
struct ExampleMessages: FieldVisitor {
  private var depth = 0

  static func make<M: WireMessage>(_ type: M.Type = M.self) -> M {
    var filler = ExampleMessages()
    return filler.fill(type)
  }

  /// An example of the message with this name, encoded.
  static func encoded(_ name: String) -> ByteBuffer? {
    struct Find: MessageTypeVisitor {
      let name: String
      var found: ByteBuffer?
      mutating func visit<M: WireMessage>(_ type: M.Type) {
        if "\(type)" == name { found = ByteBuffer(bytes: ExampleMessages.make(type).encoded()) }
      }
    }
    var find = Find(name: name)
    Messages.visitAll(&find)
    return find.found
  }

  private mutating func fill<M: WireMessage>(_ type: M.Type) -> M {
    var message = M()
    depth += 1
    message.fields(&self)
    depth -= 1
    return message
  }

  private func text(_ name: StaticString) -> String {
    switch "\(name)" {
    // A list of one page.
    case "next_cursor", "cursor": ""
    case "id", "session_id": "sess_0123456789ab"
    case "task_id": "task_0123456789ab"
    case "retry_of": "task_ba9876543210"
    default: "\(name) text"
    }
  }

  mutating func field(_ number: Int, _ name: StaticString, _ value: inout String, max: Int) { value = text(name) }
  mutating func field(_ number: Int, _ name: StaticString, _ value: inout String?, max: Int) { value = text(name) }
  mutating func field(_ number: Int, _ name: StaticString, _ value: inout [UInt8], max: Int) {
    value = Array(1...UInt8(min(max, 32)))
  }
  mutating func field(_ number: Int, _ name: StaticString, _ value: inout Bool) { value = true }
  mutating func field(_ number: Int, _ name: StaticString, _ value: inout Bool?) { value = true }
  mutating func field(_ number: Int, _ name: StaticString, _ value: inout UInt32) { value = UInt32(number) * 3 }
  mutating func field(_ number: Int, _ name: StaticString, _ value: inout UInt32?) { value = UInt32(number) * 3 }
  mutating func field(_ number: Int, _ name: StaticString, _ value: inout UInt64) { value = UInt64(number) * 1_111 }
  mutating func field(_ number: Int, _ name: StaticString, _ value: inout UInt64?) { value = UInt64(number) * 1_111 }
  mutating func field(_ number: Int, _ name: StaticString, _ value: inout Int64) { value = Int64(number) }
  mutating func field(_ number: Int, _ name: StaticString, _ value: inout Int64?) { value = Int64(number) }
  mutating func field(_ number: Int, _ name: StaticString, _ value: inout Double) { value = Double(number) / 4 }
  mutating func field(_ number: Int, _ name: StaticString, _ value: inout Double?) { value = Double(number) / 4 }
  mutating func field(_ number: Int, _ name: StaticString, _ value: inout Timestamp) {
    value = Timestamp(microseconds: 1_767_323_045_000_000 + Int64(number) * 60_000_000)
  }
  mutating func field<E: WireEnum>(_ number: Int, _ name: StaticString, _ value: inout E) {
    let all = Array(E.allCases)
    // What is over waits for nothing.
    value = E(label: "completed") ?? all[min(1, all.count - 1)]
  }
  mutating func field<M: WireMessage>(_ number: Int, _ name: StaticString, _ value: inout M?) {
    value = depth > 5 ? nil : fill(M.self)
  }
  mutating func field<M: WireMessage>(_ number: Int, _ name: StaticString, _ value: inout [M], max: Int) {
    value = depth > 4 ? [] : (0..<min(max, 2)).map { _ in fill(M.self) }
  }
  mutating func field(_ number: Int, _ name: StaticString, _ value: inout [String], max: Int, maxEach: Int) {
    value = [text(name)]
  }
  mutating func field(_ number: Int, _ name: StaticString, _ value: inout [UInt64], max: Int) { value = [1, 2] }
  mutating func json(_ number: Int, _ name: StaticString, _ value: inout String, max: Int) { value = #"{"k":1}"# }
  mutating func secret(_ number: Int, _ name: StaticString, _ value: inout String, max: Int) {
    value = String(repeating: "5e", count: min(max, 64) / 2)
  }
}
