/// A binary heap: the smallest element first, O(log n) in and out.
struct Heap<Element: Comparable & Sendable>: Sendable {
  private var elements: [Element] = []

  var isEmpty: Bool { elements.isEmpty }
  var count: Int { elements.count }
  /// The smallest element.
  var first: Element? { elements.first }

  mutating func insert(_ element: Element) {
    elements.append(element)
    var child = elements.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      guard elements[child] < elements[parent] else { return }
      elements.swapAt(child, parent)
      child = parent
    }
  }

  /// Takes out the smallest element.
  mutating func popFirst() -> Element? {
    guard let smallest = elements.first else { return nil }
    let last = elements.removeLast()
    guard !elements.isEmpty else { return smallest }
    elements[0] = last
    var parent = 0
    while true {
      let left = 2 * parent + 1
      guard left < elements.count else { return smallest }
      let right = left + 1
      let child = right < elements.count && elements[right] < elements[left] ? right : left
      guard elements[child] < elements[parent] else { return smallest }
      elements.swapAt(child, parent)
      parent = child
    }
  }
}
