import NIOPosix
import Wire

/// The line to kai-session: calls with the user's time limit.
struct ServerLink: Sendable {
  let target: Target
  private let client: WireClient
  /// For one call; a stream has none.
  private let callTimeout: Duration

  private static let defaultCallTimeout = Duration.seconds(30)

  /// Speaks to the server that the options name.
  static func open(_ options: GlobalOptions, _ printer: Printer) async throws(WireError) -> ServerLink {
    let target = try Target(options: options, contexts: try Contexts.load())
    if let warning = KeyFile.warning(path: target.keyPath) { printer.warn(warning) }
    return try await open(target, timeout: options.timeout)
  }

  /// Connects and authenticates.
  static func open(_ target: Target, timeout: TimeSpan?) async throws(WireError) -> ServerLink {
    var configuration = ClientConfiguration(
      host: target.server.host, port: target.server.port, key: try KeyFile(path: target.keyPath), name: "kaictl",
      version: Release.version, group: MultiThreadedEventLoopGroup.singleton)
    // A person who mistyped the address wants to know it now.
    configuration.waitsForServer = false
    configuration.tls = target.tls
    configuration.limits = .wholeMessages
    let client = WireClient(configuration)
    do throws(WireError) {
      try await client.connect()
    } catch {
      await client.close()
      throw error
    }
    return ServerLink(target: target, client: client, callTimeout: timeout?.duration ?? defaultCallTimeout)
  }

  func close() async { await client.close() }

  func call<Request, Response>(_ call: Call<Request, Response>, _ request: Request) async throws(WireError) -> Response {
    try await client.call(call, request, timeout: callTimeout).message
  }

  /// Opens a stream and hands its items over one by one, until it ends or `each` says that it is enough.
  /// - Parameter timeout: for all of it; nil for none.
  func stream<Request, Item>(
    _ call: StreamCall<Request, Item>, _ request: Request, timeout: Duration? = nil,
    _ each: (StreamItem<Item>) throws(WireError) -> StreamStep
  ) async throws(WireError) {
    var items = try client.stream(call, request, timeout: timeout).makeAsyncIterator()
    while let item = try await items.next() {
      if try each(item) == .enough { return }
    }
  }

  /// Sends a file.
  func upload<Request, Response>(
    _ call: UploadCall<Request, Response>, _ request: Request, _ file: InputFile, _ progress: @escaping (UInt64, UInt64) -> Void
  ) async throws(WireError) -> Response {
    try await client.upload(call, request, chunks: FilePieces(file: file, progress: progress), timeout: nil).message
  }

  /// The part of a list that the options ask for.
  func pages<Request: PagedRequest, List: PagedList>(
    _ call: Call<Request, List>, _ request: Request, _ options: PageOptions
  ) async throws(WireError) -> List {
    if options.filter.filter != nil {
      var list = try options.filter.apply(to: try await everything(call, request, from: options.cursor ?? ""))
      if !options.all { list.rows = Array(list.rows.prefix(Int(options.limit))) }
      return list
    }
    if options.all { return try await everything(call, request) }
    var request = request
    request.page = Page(limit: options.limit, cursor: options.cursor ?? "")
    return try await self.call(call, request)
  }

  /// All pages of a list, joined.
  func everything<Request: PagedRequest, List: PagedList>(
    _ call: Call<Request, List>, _ request: Request, from cursor: String = ""
  ) async throws(WireError) -> List {
    var request = request
    request.page = Page(limit: Limits.listMax, cursor: cursor)
    var list = try await self.call(call, request)
    while !list.nextCursor.isEmpty {
      request.page = Page(limit: Limits.listMax, cursor: list.nextCursor)
      let next = try await self.call(call, request)
      list.rows += next.rows
      list.nextCursor = next.nextCursor
    }
    return list
  }
}

/// What the reader of a stream wants next.
enum StreamStep {
  case more, enough
}
