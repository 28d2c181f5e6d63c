import Logging
import Wire

/// Where scans are kept; the node implements it over Wire.
protocol SchemaStore: Sendable {
  /// - Parameter known: the time of the scan that the caller has; that one does not come again.
  func state(of connectionId: String, known: Timestamp) async throws(WireError) -> SchemaState
  func report(_ report: SchemaReport) async throws(WireError)
  func report(_ checked: KnowledgeChecked) async throws(WireError)
}

/// A node's view of the users' schemas: takes the stored scan, sees whether it is still true, and scans again beside the tasks
/// when it is not.
actor SchemaCatalog {
  /// A scan that is older is used once more, and made anew meanwhile.
  static let maxAgeMs: Int64 = 24 * 3_600_000
  /// How long a task waits for a scan that it needs; then it goes on with the structure alone.
  static let patience = Duration.seconds(5)
  /// Connections whose scans are held in memory.
  private static let held = 32

  private struct Place: Hashable {
    let connectionId: String
    let version: UInt64
  }

  private let store: any SchemaStore
  private let drivers: DatabaseDrivers
  private let nodeName: String
  private let log: Logger
  private let now: @Sendable () -> Timestamp
  private var scans: [Place: SchemaScan] = [:]
  private var order: [Place] = []
  /// Who waits for the scans under way.
  private var waiting: [Place: [AsyncStream<SchemaScan?>.Continuation]] = [:]

  init(
    store: any SchemaStore, drivers: DatabaseDrivers, nodeName: String, log: Logger,
    now: @escaping @Sendable () -> Timestamp = { WallClock.now() }
  ) {
    self.store = store
    self.drivers = drivers
    self.nodeName = nodeName
    self.log = log
    self.now = now
  }

  /// The schema of a connection's database for one execution.
  nonisolated func schema(of connection: DatabaseConnection, _ database: any UserDatabase) -> SessionSchema {
    SessionSchema(database) { () async throws(WireError) in try await self.scan(of: connection, database) }
  }

  /// What is known of the database now. The structure is always that of this moment.
  /// - Throws: what the database says when its structure is read; `cancelled`.
  func scan(of connection: DatabaseConnection, _ database: any UserDatabase) async throws(WireError) -> SchemaScan {
    let place = Place(connectionId: connection.id, version: connection.version)
    let known = await stored(place)
    let structure = try await SchemaScanner(database: database).structure()
    if let known, known.hasStructure(of: structure) {
      if now().microseconds - known.scannedAt.microseconds > Self.maxAgeMs * 1_000 { begin(connection) }
      return known
    }
    begin(connection)
    if let fresh = await finished(place) { return fresh }
    guard !Task.isCancelled else { throw WireError(.cancelled, "The schema's scan was cancelled.") }
    var partial = known?.updated(by: structure) ?? structure
    partial.notes.append("The columns' values are still being looked at; they are known to the tasks that follow.")
    return partial
  }

  /// Does what an operator asked for.
  func obey(_ order: SchemaOrder) async {
    guard let connection = order.connection else { return }
    guard order.checks.isEmpty else { return await check(order.checks, connection) }
    if order.onlyOpen { await open(connection) } else { begin(connection) }
  }

  /// Says of each statement whether the database would run it.
  private func check(_ checks: [KnowledgeCheck], _ connection: DatabaseConnection) async {
    for check in checks {
      var checked = KnowledgeChecked.with {
        ($0.dbConnectionId, $0.id, $0.version) = (connection.id, check.id, check.version)
      }
      do throws(WireError) {
        let database = try await drivers.open(connection)
        do throws(WireError) {
          _ = try await database.query("EXPLAIN " + check.sql, [], limits: QueryLimits(rows: 1))
        } catch {
          checked.error = error
        }
        await database.close()
      } catch {
        checked.error = error
      }
      do throws(WireError) { try await store.report(checked) } catch {
        log.warning("a statement's check cannot be reported", metadata: ["connection": "\(connection.id)", "error": "\(error)"])
      }
    }
  }

  // MARK: What is stored

  private func stored(_ place: Place) async -> SchemaScan? {
    do throws(WireError) {
      let state = try await store.state(of: place.connectionId, known: scans[place]?.scannedAt ?? Timestamp())
      if let scan = state.scan { keep(scan, at: place) }
      if state.scannedAt.microseconds == 0 { scans[place] = nil }
    } catch {
      log.warning("the stored schema cannot be read", metadata: ["connection": "\(place.connectionId)", "error": "\(error)"])
    }
    return scans[place]
  }

  private func keep(_ scan: SchemaScan, at place: Place) {
    scans[place] = scan
    order.removeAll { $0 == place }
    order.append(place)
    if order.count > Self.held { scans[order.removeFirst()] = nil }
  }

  // MARK: Scans

  /// Begins a scan beside the tasks, unless one is under way.
  private func begin(_ connection: DatabaseConnection) {
    let place = Place(connectionId: connection.id, version: connection.version)
    guard waiting[place] == nil else { return }
    waiting[place] = []
    Task {
      let scan = await self.make(connection)
      self.finish(place, scan)
    }
  }

  private func finish(_ place: Place, _ scan: SchemaScan?) {
    if let scan { keep(scan, at: place) }
    for waiter in waiting.removeValue(forKey: place) ?? [] {
      waiter.yield(scan)
      waiter.finish()
    }
  }

  /// The scan under way, or nil when it fails or takes too long.
  private func finished(_ place: Place) async -> SchemaScan? {
    let (stream, waiter) = AsyncStream<SchemaScan?>.makeStream()
    waiting[place]?.append(waiter)
    let timer = Task {
      try? await Task.sleep(for: Self.patience)
      waiter.finish()
    }
    defer { timer.cancel() }
    for await scan in stream { return scan }
    return nil
  }

  private func make(_ connection: DatabaseConnection) async -> SchemaScan? {
    await open(connection) { (database) async throws(WireError) in try await SchemaScanner(database: database).scan() }
  }

  /// Opens the database by itself, so that no task's queries wait, and reports what came of it.
  @discardableResult
  private func open(
    _ connection: DatabaseConnection,
    _ work: @Sendable (any UserDatabase) async throws(WireError) -> SchemaScan? = { _ async throws(WireError) in nil }
  ) async -> SchemaScan? {
    var report = SchemaReport.with {
      $0.dbConnectionId = connection.id
      $0.connectionVersion = connection.version
      $0.nodeName = nodeName.prefix(bytes: Limits.nameBytes)
    }
    do throws(WireError) {
      let database = try await drivers.open(connection)
      report.warnings = await database.warnings.prefix(64).map { $0.prefix(bytes: 1_024) }
      do throws(WireError) { report.scan = try await work(database)?.bounded(nodeName: nodeName, at: now()) } catch {
        report.error = error
      }
      await database.close()
    } catch {
      report.error = error
    }
    if let error = report.error {
      log.warning("a schema cannot be read", metadata: ["connection": "\(connection.id)", "error": "\(error)"])
    }
    do throws(WireError) { try await store.report(report) } catch {
      // Nothing is lost: the next task finds no scan and begins one.
      log.warning("a schema cannot be stored", metadata: ["connection": "\(connection.id)", "error": "\(error)"])
    }
    return report.scan
  }
}

extension SchemaScan {
  /// What a message can hold of a scan, in bytes.
  private static let bytes = 3 * 1024 * 1024

  /// The scan with this node's name, without the values of its columns, and then without its last tables, if it is too large
  /// to be sent.
  func bounded(nodeName: String, at: Timestamp) -> SchemaScan {
    var scan = self
    scan.scannedAt = at
    scan.nodeName = nodeName.prefix(bytes: Limits.nameBytes)
    guard scan.encodedSize > Self.bytes else { return scan }
    scan.notes.append("The schema is so large that the columns' values are not stored.")
    for table in scan.tables.indices {
      for column in scan.tables[table].columns.indices {
        scan.tables[table].columns[column].values = []
        scan.tables[table].columns[column].allValues = false
      }
    }
    guard scan.encodedSize > Self.bytes else { return scan }
    var size = scan.encodedSize
    var left = 0
    while size > Self.bytes, let last = scan.tables.popLast() {
      size -= last.encodedSize
      left += 1
    }
    scan.notes.append("The schema is so large that its last \(left) tables are not stored.")
    return scan
  }
}
