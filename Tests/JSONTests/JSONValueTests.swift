import JSON
import Testing

@Suite struct JSONValueTests {
  @Test(
    arguments: [
      ("null", .null), (" true ", .bool(true)), ("-0", .integer(0)), ("12", .integer(12)), ("1.50", .number(1.5)),
      ("1e3", .number(1_000)), ("9223372036854775807", .integer(.max)), ("9223372036854775808", .number(9.223372036854775808e18)),
      (#""a\u00e9\ud83d\ude00\n""#, .string("aé😀\n")), ("[1,[]]", [1, []]), (#"{"b":1,"a":{}}"#, ["b": 1, "a": [:]]),
    ] as [(String, JSONValue)])
  func validTextIsRead(text: String, value: JSONValue) throws {
    #expect(try JSONValue(parsing: text) == value)
    #expect(try JSONValue(parsing: value.description) == value)
  }

  @Test(
    arguments: [
      ("", 0), ("{", 1), ("[1,]", 3), (#"{"a" 1}"#, 5), ("01", 1), ("1.", 2), ("nul", 0), ("\"\u{1}\"", 1), (#""\x""#, 2),
      (#""\ud800""#, 7), (#"{"a":1,"a":2}"#, 10), ("1 2", 2), ("NaN", 0), ("1e999", 5), ("'a'", 0),
    ] as [(String, Int)])
  func badTextIsRefusedWithThePlace(text: String, offset: Int) {
    let error = #expect(throws: JSONError.self) { try JSONValue(parsing: text) }
    #expect(error?.offset == offset, "\(text): \(error?.description ?? "")")
  }

  @Test func deepNestingIsRefusedNotFollowed() {
    #expect(throws: JSONError.self) { try JSONValue(parsing: String(repeating: "[", count: 100_000)) }
  }

  @Test func mergePatchFollowsRFC7396() throws {
    // The examples of the RFC's appendix A.
    let cases = [
      (#"{"a":"b"}"#, #"{"a":"c"}"#, #"{"a":"c"}"#), (#"{"a":"b"}"#, #"{"b":"c"}"#, #"{"a":"b","b":"c"}"#),
      (#"{"a":"b"}"#, #"{"a":null}"#, "{}"), (#"{"a":["b"]}"#, #"{"a":"c"}"#, #"{"a":"c"}"#),
      (#"{"a":{"b":"c"}}"#, #"{"a":{"b":"d","c":null}}"#, #"{"a":{"b":"d"}}"#),
      (#"{"e":null}"#, #"{"a":1}"#, #"{"e":null,"a":1}"#), ("[1,2]", #"{"a":"b","c":null}"#, #"{"a":"b"}"#),
      ("{}", #"{"a":{"bb":{"ccc":null}}}"#, #"{"a":{"bb":{}}}"#),
    ]
    for (target, patch, result) in cases {
      #expect(try JSONValue(parsing: target).merging(patch: JSONValue(parsing: patch)) == JSONValue(parsing: result))
    }
  }

  @Test func numbersWithoutAFractionStayNumbers() {
    #expect(JSONValue.number(3).description == "3.0")
    #expect(JSONValue.number(.nan).description == "null")
    #expect(JSONValue.number(0.1).description == "0.1")
  }

  @Test("a key may not stand twice, but two letters that look the same are two keys")
  func keys() throws {
    #expect(throws: JSONError.self) { try JSONValue(parsing: #"{"a":1,"a":2}"#) }
    #expect(try JSONValue(parsing: "{\"\u{03AF}\":1,\"\u{1F77}\":2}").object?.count == 2)
    #expect(throws: JSONError.self) { try JSONValue(parsing: "{\"\u{03AF}\":1,\"\u{1F77}\":2,\"\u{03AF}\":3}") }
  }
}
