/// A part of a message that is mostly absent, kept outside it: an absent part takes one pointer of the message, whatever its size.
@propertyWrapper
public struct Boxed<Part: WireMessage>: Sendable, Equatable {
  private final class Box: Sendable {
    let part: Part
    init(_ part: Part) { self.part = part }
  }

  private var box: Box?

  public init(wrappedValue: Part?) { box = wrappedValue.map(Box.init) }

  public var wrappedValue: Part? {
    get { box?.part }
    set { box = newValue.map(Box.init) }
  }

  public static func == (a: Boxed, b: Boxed) -> Bool { a.box === b.box || a.wrappedValue == b.wrappedValue }
}
