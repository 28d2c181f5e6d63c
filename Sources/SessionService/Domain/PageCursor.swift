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
  static var maxBytes: Int { Limits.defaultMessageBytes / 2 }

  let items: [Item]
  let total: UInt64
  let nextCursor: String

  /// - Parameters:
  ///   - size: of an item, in bytes, where a page of large ones would be more than one message holds.
  init(
    found: [(seq: Int64, item: Item)], total: UInt64, request: PageRequest, list: String, size: ((Item) -> Int)? = nil
  ) {
    var bytes = 0
    let kept = found.prefix(request.limit).prefix { entry in
      bytes += size?(entry.item) ?? 0
      // The first is always there, or nobody would get past it.
      return bytes <= Self.maxBytes || entry.seq == found.first?.seq
    }
    items = kept.map(\.item)
    self.total = total
    nextCursor = found.count > kept.count ? kept.last.map { PageRequest.cursor(after: $0.seq, list: list) } ?? "" : ""
  }
}
