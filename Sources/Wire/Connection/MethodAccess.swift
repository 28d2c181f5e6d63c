/// The part of the method table that each request is held against, laid out for a look-up without allocation.
enum MethodAccess {
  struct Entry: Sendable {
    let method: Method
    let shape: CallShape
    let mutates: Bool
    fileprivate let roles: UInt32

    func allows(_ role: Role) -> Bool { roles & (1 << role.rawValue) != 0 }
  }

  private static let entries: [Entry?] = {
    var entries = [Entry?](repeating: nil, count: 1 + Int(Method.allCases.map(\.rawValue).max() ?? 0))
    for method in Method.allCases where method != .unspecified {
      let rule = method.rule
      entries[Int(method.rawValue)] = Entry(
        method: method, shape: rule.shape, mutates: rule.mutates, roles: rule.roles.reduce(0) { $0 | 1 << $1.rawValue })
    }
    return entries
  }()

  static func entry(_ number: UInt32) -> Entry? {
    entries.indices.contains(Int(number)) ? entries[Int(number)] : nil
  }

  /// Every role that may call the method, for a person to read.
  static func roles(_ method: Method) -> String {
    method.rule.roles.map(\.label).sorted().joined(separator: ", ")
  }
}
