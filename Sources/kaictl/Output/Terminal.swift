import Glibc
import Wire

/// One of the standard streams of this process.
struct Terminal: Sendable {
  let descriptor: Int32
  /// A person reads it.
  let isTerminal: Bool
  let usesColor: Bool

  /// - Parameter noColor: the user's wish; `NO_COLOR` and `TERM=dumb` say the same.
  init(descriptor: Int32, noColor: Bool) {
    self.descriptor = descriptor
    isTerminal = isatty(descriptor) == 1
    let refused = Environment["NO_COLOR"].map { !$0.isEmpty } ?? false
    usesColor = isTerminal && !noColor && !refused && Environment["TERM"] != "dumb"
  }

  /// Columns of the screen; nil when this is no terminal, so that nothing is cut for programs.
  var width: Int? {
    guard isTerminal else { return nil }
    var size = winsize()
    guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
    return Int(size.ws_col)
  }

  /// Writes all of `text`. When the reader of a pipe is gone the process ends as every filter does, by SIGPIPE; when data cannot be written,
  /// because a disk is full or stdout is closed, it ends with an error, so that nobody takes a part for the whole.
  func write(_ text: String) {
    var text = text
    text.withUTF8 { write(UnsafeRawBufferPointer($0)) }
  }

  func write(_ bytes: UnsafeRawBufferPointer) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let written = Glibc.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
      if written > 0 {
        rest = rest.dropFirst(written)
        continue
      }
      switch errno {
      case EINTR: continue
      case EAGAIN:
        var ready = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        poll(&ready, 1, -1)
      case EPIPE:
        signal(SIGPIPE, SIG_DFL)
        raise(SIGPIPE)
        return
      case let code where descriptor == 1: Self.endWithoutOutput(code)
      // There is nowhere left to tell it.
      default: return
      }
    }
  }

  private static func endWithoutOutput(_ code: Int32) -> Never {
    let error = WireError(
      .localIo, "stdout cannot be written to: \(String(cString: strerror(code)))", hint: "What came out is not the whole.")
    let report = ErrorReport(error)
    let talk = Terminal(descriptor: 2, noColor: CommandLine.arguments.contains("--no-color"))
    talk.write(ErrorReport.wantsJSON(CommandLine.arguments) ? report.jsonLine : report.text(on: talk))
    exit(ExitStatus.code(for: error))
  }

  func styled(_ text: String, _ style: Style) -> String {
    usesColor && !text.isEmpty ? "\u{1b}[\(style.rawValue)m\(text)\u{1b}[0m" : text
  }
}

/// The few ways in which text may stand out.
enum Style: Int {
  case bold = 1
  case dim = 2
  case red = 31
  case green = 32
  case yellow = 33
  case cyan = 36
}

/// The variables of the process.
enum Environment {
  static subscript(name: String) -> String? {
    getenv(name).map { String(cString: $0) }
  }
}
