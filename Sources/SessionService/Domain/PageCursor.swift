import Guards
import Wire

/// Which part of a list a caller wants. Lists run from the newest to the oldest by a number that is never used again, so a
/// page neither repeats nor skips anything while new things arrive.
struct PageRequest: Sendable {
  /// 1...1000.
  let limit: Int
  /// Only what is older than this.
  let before: Int64

  /// Reads a page of the list `list`.
  /// - Throws: `invalid_argument` for a limit over 1000 or a cursor that this list did not give.
  init(_ page: Page?, list: String) throws(WireError) {
    let limit = page?.limit ?? 0
    guard limit <= Limits.listMax else {
      throw WireError(.invalidArgument, "limit is \(limit), but must be 1...\(Limits.listMax)")
    }
    self.limit = Int(limit == 0 ? Limits.listDefault : limit)
    before = try Self.position(page?.cursor ?? "", list: list)
  }

  private static func position(_ cursor: String, list: String) throws(WireError) -> Int64 {
    if cursor.isEmpty { return .max }
    let parts = cursor.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 2, parts[0] == list, let position = Int64(parts[1], radix: 16), position > 0 else {
      throw WireError(
        .invalidArgument, "the cursor \(quoted(cursor)) does not belong to this list",
        hint: "Use the next_cursor of the page before, with the same filters, or none for the first page.")
    }
    return position
  }

  /// The cursor that continues after `position`.
  static func cursor(after position: Int64, list: String) -> String {
    list + "." + String(position, radix: 16)
  }
}

/// A page as the store found it: one item more than asked for tells that there is a next page.
struct FoundPage<Item> {
  let items: [Item]
  let total: UInt64
  let nextCursor: String

  init(items: [Item], total: UInt64, nextCursor: String) {
    (self.items, self.total, self.nextCursor) = (items, total, nextCursor)
  }

  /// A page ends early where it would be more than one message holds.
  /// - Parameter size: of an item, in bytes.
  init(found: [(seq: Int64, item: Item)], total: UInt64, request: PageRequest, list: String, size: (Item) -> Int) {
    let kept = found.prefix(request.limit).prefix(fitting: { size($0.item) })
    items = kept.map(\.item)
    self.total = total
    nextCursor = found.count > kept.count ? kept.last.map { PageRequest.cursor(after: $0.seq, list: list) } ?? "" : ""
  }
}

extension FoundPage where Item: WireMessage {
  init(found: [(seq: Int64, item: Item)], total: UInt64, request: PageRequest, list: String) {
    self.init(found: found, total: total, request: request, list: list) { $0.encodedSize }
  }
}

extension Collection {
  /// The first of them, as many as one reply holds beside what else is in it; at least one, or nobody would get past a large one.
  fileprivate func prefix(fitting size: (Element) -> Int) -> SubSequence {
    var bytes = 0
    let count = prefix { element in
      // Its length is written before it.
      bytes += size(element) + 8
      return bytes <= Limits.defaultMessageBytes / 2 || Guard.pages.isOff
    }.count
    return prefix(Swift.max(count, 1))
  }
}

extension Array where Element: WireMessage {
  /// The first of them, as many as one reply holds; at least one.
  func fitting() -> [Element] { Array(prefix(fitting: \.encodedSize)) }
}
