import NIOCore

/// A first-in, first-out queue that takes no memory before its first element: most calls never queue anything.
struct LazyQueue<Element> {
  private var elements: CircularBuffer<Element>?

  var isEmpty: Bool { elements?.isEmpty ?? true }
  var first: Element? { elements?.first }
  var last: Element? { elements?.last }

  mutating func append(_ element: Element) {
    if elements == nil { elements = CircularBuffer(initialCapacity: 4) }
    elements?.append(element)
  }

  /// Removes the oldest element, if there is one.
  mutating func removeFirst() { _ = elements?.popFirst() }

  /// Visits every element, the oldest first.
  func forEach(_ visit: (Element) -> Void) { elements?.forEach(visit) }
}
