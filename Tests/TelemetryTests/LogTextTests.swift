import JSON
import Logging
import Testing

@testable import Telemetry

@Suite struct LogTextTests {
  private func line(
    _ message: String, _ metadata: Logger.Metadata = [:], label: String = "kai-session", isJSON: Bool = false
  ) -> String {
    let event = LogEvent(
      level: .info, message: "\(message)", error: nil, metadata: metadata, source: "Wire", file: "", function: "", line: 0)
    return isJSON
      ? LogJSON.line(event, label, metadata, at: "2026-12-01T00:00:00+0000")
      : LogText.line(event, label, metadata, at: "2026-12-01T00:00:00+0000")
  }

  @Test func anEntryReadsAsItAlwaysDid() {
    #expect(
      line("serving", ["address": "127.0.0.1:1", "data": "d"])
        == "2026-12-01T00:00:00+0000 info kai-session: address=127.0.0.1:1 data=d [Wire] serving")
    #expect(line("stopped") == "2026-12-01T00:00:00+0000 info kai-session: [Wire] stopped")
  }

  @Test(arguments: [false, true]) func whateverSomebodySendsIsOneLineWithoutControlCharacters(_ isJSON: Bool) throws {
    let forged = "k\n2026-11-30T00:00:00+0000 critical kai-session: forged\r\n\u{1B}[31m\u{9B}2J\u{2028}\u{202E}\u{7F}\u{0}"
    var state: UInt64 = 1
    var random = ""
    for _ in 0..<4_000 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      if let scalar = Unicode.Scalar(UInt32(state >> 40) % (state & 1 == 0 ? 0x100 : 0x3000)) {
        random.unicodeScalars.append(scalar)
      }
    }
    for text in [forged, random] {
      let written = line(text, ["key": "\(text)", "\(text)": ["a", "\(text)"]], label: text, isJSON: isJSON)
      if isJSON { #expect(try JSONValue(parsing: written)["message"]?.string == text) }
      for scalar in written.unicodeScalars {
        let isControl = scalar.properties.generalCategory == .control
        #expect(!isControl && ![0x2028, 0x2029, 0x202E].contains(scalar.value), "\(scalar.value)")
      }
    }
  }
}
