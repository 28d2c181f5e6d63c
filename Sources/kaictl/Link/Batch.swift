import JSON
import Wire

/// The same done to several things: all are tried, each failure is told when it happens, and the exit code says that
/// there were some. A terminal is shown how far it is.
enum Batch {
  /// - Parameters:
  ///   - told: one line for people about what was done.
  ///   - act: does it to the thing with this id.
  /// - Throws: the failure itself when there is one id only, else ``BatchFailed``.
  static func run<Message: WireMessage>(
    _ ids: [String], _ printer: Printer, told: (Message) -> String,
    _ act: (String) async throws(WireError) -> Message
  ) async throws {
    var done: [JSONValue] = []
    var failed = 0
    let bar = ProgressBar("done", printer) { Quantities.grouped("\($0)") }
    defer { bar.end() }
    for (number, id) in ids.enumerated() {
      if ids.count > 1 { bar.show(UInt64(number), of: UInt64(ids.count)) }
      do throws(WireError) {
        let message = try await act(id)
        bar.end()
        // Several objects make one JSON value at the end.
        if printer.form == .json, ids.count > 1 { done.append(message.json()) } else { printer.object(message, id: id) }
        printer.say(told(message), .dim)
      } catch {
        if ids.count == 1 || error.errorCode == .cancelled { throw error }
        failed += 1
        bar.end()
        let report = ErrorReport(error)
        printer.talk.write(printer.form.isJSON ? report.jsonLine : Escaping.line(id) + ": " + report.text(on: printer.talk))
      }
    }
    bar.end()
    if printer.form == .json, ids.count > 1 { printer.json(.array(done)) }
    if failed > 0 { throw BatchFailed(failed: failed, total: ids.count) }
  }
}
