import JSON

/// A JSON object with one list in it, cut where the content would grow too large for a model:
/// `{"tables":[…]}`, with `"total":n,"truncated":true` behind the list when some elements did not fit.
struct BoundedList {
  let content: String

  /// - Parameters:
  ///   - total: how many there are, when `elements` are not all of them.
  ///   - limit: at most so many elements.
  init<Element>(name: String, of elements: [Element], total: Int? = nil, limit: Int = .max, _ json: (Element) -> JSONValue) {
    var key = ""
    JSONValue.quote(name, to: &key)
    var body = ""
    var shown = 0
    for element in elements.prefix(limit) {
      let text = json(element).text()
      guard body.utf8.count + text.utf8.count + 128 <= ContentLimits.contentBytes else { break }
      if shown > 0 { body += "," }
      body += text
      shown += 1
    }
    let note = shown < elements.count ? ",\"total\":\(total ?? elements.count),\"truncated\":true" : ""
    content = "{\(key):[\(body)]\(note)}"
  }
}
