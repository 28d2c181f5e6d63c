import ArgumentParser
import Wire

/// Lets another implementation of protobuf check ours: it sends bytes, we decode them and encode them again.
struct RecodeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "recode", abstract: "Reads lines 'MESSAGE HEX', prints the message decoded and encoded again, as hex.")

  func run() throws {
    while let line = readLine() {
      let parts = line.split(separator: " ", omittingEmptySubsequences: false)
      guard parts.count == 2, let bytes = bytes(hex: parts[1]) else { throw ValidationError("not 'MESSAGE HEX': \(line)") }
      var recoder = Recoder(name: String(parts[0]), bytes: bytes, answer: "unknown message")
      Messages.visitAll(&recoder)
      print(recoder.answer)
    }
  }

  private func bytes(hex: Substring) -> [UInt8]? {
    let digits = hex.compactMap { $0.hexDigitValue.map { UInt8($0) } }
    guard digits.count == hex.count, digits.count % 2 == 0 else { return nil }
    return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
  }
}

private struct Recoder: MessageTypeVisitor {
  let name: String
  let bytes: [UInt8]
  var answer: String

  mutating func visit<M: WireMessage>(_ type: M.Type) {
    guard M.messageName == name else { return }
    do throws(WireError) {
      answer = try M(decoding: bytes).encoded().map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    } catch {
      answer = "\(error)"
    }
  }
}
