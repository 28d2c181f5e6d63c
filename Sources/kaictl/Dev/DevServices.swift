import Glibc
import JSON
import Wire

/// kai-session and one kai-agent as children of this process: started one after the other, stopped in reverse.
struct DevServices {
  enum Service: String {
    case session = "kai-session"
    case agent = "kai-agent"

    fileprivate var prefix: String { self == .session ? "session | " : "agent   | " }
  }

  private enum Happening: Sendable {
    /// The service serves; its ready file says how.
    case ready(Service, JSONValue)
    case ended(Service, Int32)
    /// It was told to stop and has not.
    case overdue(Service)
    case interrupted
    case failed(WireError)
  }

  /// How long a service may take until it serves.
  private static let startup = Duration.seconds(60)
  /// How long a service may take to stop.
  private static let grace = Duration.seconds(20)

  private let settings: DevSettings
  private let printer: Printer
  /// Where the ready files are.
  private let folder: String
  private let tell: AsyncStream<Happening>.Continuation
  private var running: [Service: ChildProcess] = [:]
  private var address: String
  private var isStopping = false
  private var failure: (any Error)?

  /// Runs both until Ctrl-C or until one of them ends, then stops what is left.
  /// - Throws: ``ChildDied`` when one of them ended by itself.
  static func run(_ settings: DevSettings, _ printer: Printer) async throws {
    let (happenings, tell) = AsyncStream<Happening>.makeStream()
    Interruption.take { tell.yield(.interrupted) }
    let folder = try LocalFile.makeTemporaryFolder()
    var services = DevServices(
      settings: settings, printer: printer, folder: folder, tell: tell, address: settings.listen)
    defer { services.removeFolder() }
    try services.start(.session, settings.sessionArguments(readyFile: services.readyFile(.session)))
    for await happening in happenings {
      await services.handle(happening)
      if services.running.isEmpty { break }
    }
    if let failure = services.failure { throw failure }
  }

  private mutating func handle(_ happening: Happening) async {
    switch happening {
    case .ready(let service, let json):
      guard !isStopping else { return }
      switch service {
      case .session:
        address = json["listen"]?.string ?? settings.listen
        await startAgent()
      case .agent: greet()
      }
    case .ended(let service, let code):
      let child = running.removeValue(forKey: service)
      if !isStopping {
        failure = ChildDied(
          name: service.rawValue, exitCode: code == 0 ? ExitStatus.other : code, lastLines: child?.lastLines ?? [])
      }
      stopNext()
    case .overdue(let service): running[service]?.send(SIGKILL)
    case .failed(let error): fail(error)
    case .interrupted:
      if isStopping {
        for child in running.values { child.send(SIGKILL) }
      } else {
        printer.say("stopping; Ctrl-C again ends it at once", .dim)
        stopNext()
      }
    }
  }

  private mutating func startAgent() async {
    do throws(WireError) {
      let keyPath = try await DevKey.path(in: settings.data, address: address)
      try start(
        .agent, settings.agentArguments(address: address, keyPath: keyPath, readyFile: readyFile(.agent)))
    } catch {
      fail(error)
    }
  }

  private mutating func fail(_ error: WireError) {
    failure = failure ?? error
    stopNext()
  }

  private mutating func start(_ service: Service, _ arguments: [String]) throws(WireError) {
    let prefix = printer.talk.styled(service.prefix, service == .session ? .cyan : .green)
    running[service] = try ChildProcess(
      try settings.binary(service.rawValue), arguments,
      line: { [talk = printer.talk] in talk.write(prefix + Escaping.line($0) + "\n") },
      ended: { [tell] in tell.yield(.ended(service, $0)) })
    Task { [tell, path = readyFile(service)] in await Self.awaitReady(service, path, tell) }
  }

  private static func awaitReady(_ service: Service, _ path: String, _ tell: AsyncStream<Happening>.Continuation) async {
    let deadline = ContinuousClock.now + startup
    while ContinuousClock.now < deadline {
      // Before it is whole, it is no JSON.
      if let text = try? LocalFile.readText(path), let json = try? JSONValue(parsing: text) {
        tell.yield(.ready(service, json))
        return
      }
      try? await Task.sleep(for: .milliseconds(20))
    }
    let message = "\(service.rawValue) does not serve after \(startup)"
    tell.yield(.failed(WireError(.unavailable, message, hint: "See its log above.")))
  }

  /// Stops the agent, which hands its leases back, before the session that takes them.
  private mutating func stopNext() {
    isStopping = true
    guard let service: Service = running[.agent] != nil ? .agent : running[.session] != nil ? .session : nil else { return }
    running[service]?.send(SIGTERM)
    Task { [tell] in
      try? await Task.sleep(for: Self.grace)
      tell.yield(.overdue(service))
    }
  }

  private func greet() {
    printer.say("")
    let node = "one node with \(settings.slots) slots, model \(settings.model)"
    printer.say("kai is running: kai-session at \(address), \(node).", .bold)
    printer.say("Now, in another terminal:")
    if address != Target.localServer || settings.data != DevSettings.defaultData {
      printer.say("  export KAI_SERVER=\(address) KAI_KEY_FILE=\(ShellWord.path(LocalFile.absolute(settings.adminKeyPath)))")
    } else {
      printer.say("  cd \(ShellWord.path(LocalFile.absolute("./")))")
    }
    printer.say("  kaictl connection create --alias demo --uri sqlite:///absolute/path.db")
    printer.say("  kaictl ask \"how many orders by month?\"")
    printer.say("Ctrl-C stops it; the data stays in \(settings.data).")
    printer.say("")
  }

  private func readyFile(_ service: Service) -> String { "\(folder)/\(service.rawValue).json" }

  private func removeFolder() {
    unlink(readyFile(.session))
    unlink(readyFile(.agent))
    rmdir(folder)
  }
}
