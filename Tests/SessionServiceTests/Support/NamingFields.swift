import Wire

/// The fields of requests that can name something of somebody: ids, scopes and connections, those of nested messages too.
struct NamingFields: MessageTypeVisitor {
  /// By the message's name, as paths such as `block.scope`.
  private(set) var byMessage: [String: [String]] = [:]

  /// Of every message that there is.
  static func all() -> [String: [String]] {
    var fields = NamingFields()
    Messages.visitAll(&fields)
    return fields.byMessage
  }

  mutating func visit<M: WireMessage>(_ type: M.Type) {
    byMessage[M.messageName] = Self.fields(of: M.self)
  }

  private static func fields<M: WireMessage>(of type: M.Type) -> [String] {
    var lister = Lister()
    var message = M()
    message.fields(&lister)
    return lister.paths
  }

  private struct Lister: FieldVisitor {
    var paths: [String] = []

    private mutating func note(_ name: StaticString) {
      let name = "\(name)"
      let names = ["id", "scope", "connections", "ids", "source"]
      if names.contains(name) || name.hasSuffix("_id") || name.hasSuffix("_ids") { paths.append(name) }
    }
    mutating func field(_ number: Int, _ name: StaticString, _ value: inout String, max: Int) { note(name) }
    mutating func field(_ number: Int, _ name: StaticString, _ value: inout String?, max: Int) { note(name) }
    mutating func field(_ number: Int, _ name: StaticString, _ value: inout [String], max: Int, maxEach: Int) { note(name) }
    mutating func field<M: WireMessage>(_ number: Int, _ name: StaticString, _ value: inout M?) {
      paths += NamingFields.fields(of: M.self).map { "\(name).\($0)" }
    }
    mutating func field<M: WireMessage>(_ number: Int, _ name: StaticString, _ value: inout [M], max: Int) {
      paths += NamingFields.fields(of: M.self).map { "\(name).\($0)" }
    }
    mutating func field(_ number: Int, _ name: StaticString, _ value: inout [UInt8], max: Int) {}
    mutating func field(_ number: Int, _ name: StaticString, _ value: inout Bool) {}
    mutating func field(_ number: Int, _ name: StaticString, _ value: inout Bool?) {}
    mutating func field(_ number: Int, _ name: StaticString, _ value: inout UInt32) {}
    mutating func field(_ number: Int, _ name: StaticString, _ value: inout UInt32?) {}
    mutating func field(_ number: Int, _ name: StaticString, _ value: inout UInt64) {}
    mutating func field(_ number: Int, _ name: StaticString, _ value: inout UInt64?) {}
    mutating func field(_ number: Int, _ name: StaticString, _ value: inout Int64) {}
    mutating func field(_ number: Int, _ name: StaticString, _ value: inout Int64?) {}
    mutating func field(_ number: Int, _ name: StaticString, _ value: inout Double) {}
    mutating func field(_ number: Int, _ name: StaticString, _ value: inout Double?) {}
    mutating func field(_ number: Int, _ name: StaticString, _ value: inout Timestamp) {}
    mutating func field<E: WireEnum>(_ number: Int, _ name: StaticString, _ value: inout E) {}
    mutating func field(_ number: Int, _ name: StaticString, _ value: inout [UInt64], max: Int) {}
    mutating func json(_ number: Int, _ name: StaticString, _ value: inout String, max: Int) {}
    mutating func secret(_ number: Int, _ name: StaticString, _ value: inout String, max: Int) {}
  }
}
