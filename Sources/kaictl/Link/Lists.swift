import Wire

/// A message that is a list of things.
protocol ListMessage: WireMessage {
  associatedtype Row: WireMessage
  var rows: [Row] { get set }
  /// What `-o ids` prints: the name that the noun's other verbs take.
  static func id(of row: Row) -> String
}

/// A list that comes page by page.
protocol PagedList: ListMessage {
  var total: UInt64 { get }
  var nextCursor: String { get set }
}

/// A list without pages, of which a reply may not hold the oldest.
protocol CutList: ListMessage {
  var omitted: UInt64 { get }
}

/// A request for one page of a list.
protocol PagedRequest: WireMessage {
  var page: Page? { get set }
}

extension SessionListRequest: PagedRequest {}
extension TaskListRequest: PagedRequest {}
extension CheckpointListRequest: PagedRequest {}
extension MemoryListRequest: PagedRequest {}
extension KnowledgeListRequest: PagedRequest {}
extension ConnectionListRequest: PagedRequest {}
extension ArtifactListRequest: PagedRequest {}

extension SessionList: PagedList {
  var rows: [Session] {
    get { sessions }
    set { sessions = newValue }
  }
  static func id(of row: Session) -> String { row.id }
}

extension TaskList: PagedList {
  var rows: [TaskRecord] {
    get { tasks }
    set { tasks = newValue }
  }
  static func id(of row: TaskRecord) -> String { row.id }
}

extension CheckpointList: PagedList {
  var rows: [Checkpoint] {
    get { checkpoints }
    set { checkpoints = newValue }
  }
  static func id(of row: Checkpoint) -> String { "\(row.step)" }
}

extension MemoryList: PagedList {
  var rows: [Memory] {
    get { memories }
    set { memories = newValue }
  }
  static func id(of row: Memory) -> String { row.id }
}

extension ConnectionList: PagedList {
  var rows: [DatabaseConnection] {
    get { connections }
    set { connections = newValue }
  }
  static func id(of row: DatabaseConnection) -> String { row.id }
}

extension ArtifactList: PagedList {
  var rows: [Artifact] {
    get { artifacts }
    set { artifacts = newValue }
  }
  static func id(of row: Artifact) -> String { row.path }
}

extension NodeList: ListMessage {
  var rows: [NodeInfo] {
    get { nodes }
    set { nodes = newValue }
  }
  static func id(of row: NodeInfo) -> String { row.id }
}

extension KeyList: CutList {
  var rows: [KeyInfo] {
    get { keys }
    set { keys = newValue }
  }
  static func id(of row: KeyInfo) -> String { row.id }
}

extension BlockList: CutList {
  var rows: [MemoryBlock] {
    get { blocks }
    set { blocks = newValue }
  }
  static func id(of row: MemoryBlock) -> String { row.label }
}

extension KnowledgeList: PagedList {
  var rows: [Knowledge] {
    get { knowledge }
    set { knowledge = newValue }
  }
  static func id(of row: Knowledge) -> String { row.id }
}

extension KnowledgeHits: ListMessage {
  var rows: [KnowledgeHit] {
    get { hits }
    set { hits = newValue }
  }
  static func id(of row: KnowledgeHit) -> String { row.knowledge?.id ?? "" }
}

extension MemoryHits: ListMessage {
  var rows: [MemoryHit] {
    get { hits }
    set { hits = newValue }
  }
  static func id(of row: MemoryHit) -> String { row.memory?.id ?? "" }
}

extension MemoryHistory: CutList {
  var rows: [Memory] {
    get { versions }
    set { versions = newValue }
  }
  static func id(of row: Memory) -> String { "\(row.version)" }
}
