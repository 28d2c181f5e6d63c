import Wire
import Words

extension Analyst {
  struct Column: Sendable, Equatable {
    var name: String
    var kind: ColumnKind
    var isPrimaryKey: Bool
    var words: [String]

    init(name: String, type: String, isPrimaryKey: Bool, _ dialect: Dialect) {
      self.name = name
      kind = ColumnKind(ofType: type, dialect)
      self.isPrimaryKey = isPrimaryKey
      words = Fold.words(ofName: name)
    }

    var isNumeric: Bool { kind == .integer || kind == .real }
    /// Its name says that it is a key or a code, so that its sum or mean says nothing.
    var looksLikeKey: Bool {
      isPrimaryKey || ["id", "key", "code", "uuid", "no", "zip", "nr"].contains(words.last ?? "")
    }
  }

  struct Table: Sendable, Equatable {
    var name: String
    var isView: Bool
    var rows: Int64?
    var columns: [Column]
    var words: [String]
    /// Its name in SQL.
    var sqlName: String

    /// - Parameter sqlName: nil when the name is enough.
    init(name: String, sqlName: String? = nil, isView: Bool, rows: Int64?, columns: [Column]) {
      self.name = name
      self.sqlName = sqlName ?? SQLText.name(name)
      self.isView = isView
      self.rows = rows
      self.columns = columns
      words = Fold.words(ofName: name)
    }

    func column(named name: String) -> Int? {
      columns.firstIndex { $0.name == name } ?? columns.firstIndex { Fold.fold($0.name) == Fold.fold(name) }
    }
  }

  /// Places of a table and a column in the schema.
  struct ColumnRef: Sendable, Hashable {
    var table: Int
    var column: Int
  }

  /// Each value of `from` names at most one row of `to`'s table.
  struct Relation: Sendable, Hashable {
    var from: ColumnRef
    var to: ColumnRef
    /// Declared in the schema; else found by name and by values.
    var isDeclared: Bool
    /// The part of the distinct values that the other side has, 0...1; nil when declared and not measured.
    var match: Double?
  }

  struct Schema: Sendable {
    var tables: [Table]
    var relations: [Relation] = []
    var dialect = Dialect.sqlite

    /// Adds a declared foreign key, if both its ends are there. Without a column on the other side it means the primary key.
    mutating func declare(_ column: String, of table: Int, _ target: String, _ foreignColumn: String) {
      guard let from = tables[table].column(named: column),
        let other = tables.firstIndex(where: { Fold.fold($0.name) == Fold.fold(target) }),
        let to = tables[other].column(named: foreignColumn) ?? tables[other].columns.firstIndex(where: { $0.isPrimaryKey })
      else { return }
      relations.append(
        Relation(
          from: ColumnRef(table: table, column: from), to: ColumnRef(table: other, column: to), isDeclared: true, match: nil))
    }

    func column(_ ref: ColumnRef) -> Column { tables[ref.table].columns[ref.column] }
    func name(_ ref: ColumnRef) -> String { "\(tables[ref.table].name).\(column(ref).name)" }

    func relations(fromTable table: Int) -> [Relation] { relations.filter { $0.from.table == table } }
    func relation(from ref: ColumnRef) -> Relation? { relations.first { $0.from == ref } }

    /// Chains of relations from a table to every other that it can reach, shortest first; several when there are several ways.
    func paths(from start: Int, maxHops: Int = 3) -> [[Relation]] {
      var found: [[Relation]] = []
      var frontier: [[Relation]] = [[]]
      for _ in 0..<maxHops {
        var next: [[Relation]] = []
        for path in frontier {
          let table = path.last?.to.table ?? start
          for relation in relations(fromTable: table) where relation.to.table != start {
            guard !path.contains(where: { $0.to.table == relation.to.table }) else { continue }
            next.append(path + [relation])
          }
        }
        found += next.prefix(64)
        frontier = Array(next.prefix(64))
      }
      return found
    }

    /// The columns that name a row to a person: `name`, `title`, or first and last name; empty when there are none.
    func displayColumns(of table: Int) -> [Int] {
      let columns = tables[table].columns
      let own = Set(tables[table].words.map(Fold.stem))
      func index(_ wanted: [String]) -> Int? {
        columns.firstIndex { column in
          column.kind != .date && !column.isNumeric
            && column.words.filter { !own.contains(Fold.stem($0)) || wanted.contains($0) } == wanted
        }
      }
      for word in ["name", "title", "label", "nama", "fullname"] { if let found = index([word]) { return [found] } }
      if let found = index(["full", "name"]) ?? index(["display", "name"]) { return [found] }
      if let first = index(["first", "name"]) ?? index(["firstname"]),
        let last = index(["last", "name"]) ?? index(["lastname"]) ?? index(["surname"])
      {
        return [first, last]
      }
      return index(["description"]).map { [$0] } ?? []
    }
  }
}
