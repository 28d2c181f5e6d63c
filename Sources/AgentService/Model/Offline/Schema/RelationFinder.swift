import JSON
import Words

extension Analyst {
  /// Finds foreign keys that were not declared: candidates by name and by kind, then proof by the values themselves.
  enum RelationFinder {
    struct Candidate: Sendable, Equatable {
      var from: ColumnRef
      var to: ColumnRef
      /// The names say it too; then less proof is asked.
      var isNamed: Bool
    }

    static let maxCandidates = 60
    /// Columns whose targets are tried in one query; a query gives at most 100 rows.
    static let columnsPerQuery = 8
    /// Of the distinct values, this part must be there on the other side.
    static let leastMatch = 0.8
    static let leastMatchNamed = 0.5
    /// Chance alone makes a few values fit.
    static let leastDistinct: Int64 = 3

    /// The pairs of columns that are worth a look, those that the names suggest first.
    /// - Parameter tables: the only tables to look at.
    static func candidates(_ schema: Schema, among tables: [Int]) -> [Candidate] {
      var named: [Candidate] = []
      var others: [Candidate] = []
      for table in tables where !schema.tables[table].isView {
        for column in schema.tables[table].columns.indices {
          let from = ColumnRef(table: table, column: column)
          guard schema.relation(from: from) == nil, schema.column(from).kind != .date, schema.column(from).kind != .other
          else { continue }
          for target in tables where target != table && !schema.tables[target].isView {
            guard let key = keyColumn(schema, target) else { continue }
            let to = ColumnRef(table: target, column: key)
            guard schema.relations.allSatisfy({ !($0.from.table == target && $0.to == from) }) else { continue }
            let isNamed = namesAgree(schema, from, to)
            let kinds = (schema.column(from).kind, schema.column(to).kind)
            if isNamed, kinds.0 == kinds.1 {
              named.append(Candidate(from: from, to: to, isNamed: true))
            } else if kinds == (.text, .text), !schema.column(from).isPrimaryKey,
              !schema.displayColumns(of: table).contains(column), !isKey(schema, from)
            {
              others.append(Candidate(from: from, to: to, isNamed: false))
            }
          }
        }
      }
      return Array((named + others).prefix(maxCandidates))
    }

    /// The column that identifies a row: the one primary key, else the first column if it looks like a key.
    private static func keyColumn(_ schema: Schema, _ table: Int) -> Int? {
      let columns = schema.tables[table].columns
      let primary = columns.indices.filter { columns[$0].isPrimaryKey }
      if primary.count == 1 { return primary[0] }
      guard primary.isEmpty, let first = columns.first else { return nil }
      return first.kind == .text || first.kind == .integer ? 0 : nil
    }

    private static func isKey(_ schema: Schema, _ ref: ColumnRef) -> Bool {
      let primary = schema.tables[ref.table].columns.filter(\.isPrimaryKey)
      return primary.isEmpty && ref.column == 0 && schema.tables[ref.table].columns.count <= 3
    }

    /// `carrier` and `airlines.carrier`; `customer_id` and `customers.id`; `customer` and `customers.customer_id`.
    private static func namesAgree(_ schema: Schema, _ from: ColumnRef, _ to: ColumnRef) -> Bool {
      let fromColumn = schema.column(from)
      let toColumn = schema.column(to)
      let ids: Set = ["id", "key", "code", "no", "uuid"]
      if fromColumn.words == toColumn.words {
        // A column called `id` in both says nothing, nor does the year in two tables.
        return !fromColumn.words.allSatisfy(ids.contains) && !["year", "name", "date"].contains(fromColumn.name.lowercased())
      }
      let bare = fromColumn.words.filter { !ids.contains($0) }.map(Fold.stem)
      let table = schema.tables[to.table].words.map(Fold.stem)
      guard !bare.isEmpty, bare.count < fromColumn.words.count || toColumn.looksLikeKey else { return false }
      let entity = toColumn.words.filter { !ids.contains($0) }.map(Fold.stem)
      return table.suffix(bare.count) == bare[...] || bare.suffix(table.count) == table[...] || bare == entity
    }

    /// One row per candidate: its number, the key's rows and distinct values, the column's distinct values, and how many of
    /// them the key has.
    static func statements(_ schema: Schema, _ candidates: [Candidate]) -> [String] {
      var columns: [ColumnRef] = []
      for candidate in candidates where !columns.contains(candidate.from) { columns.append(candidate.from) }
      let selects = columns.map { from in
        let column = SQLText.name(schema.column(from).name)
        let tests = candidates.indices.filter { candidates[$0].from == from }.map { index in
          let to = candidates[index].to
          let key = SQLText.name(schema.column(to).name)
          let target = schema.tables[to.table].sqlName
          return """
            SELECT \(index) AS pair, (SELECT count(*) FROM \(target)) AS key_rows, \
            (SELECT count(DISTINCT \(key)) FROM \(target)) AS key_values, (SELECT count(*) FROM seen) AS column_values, \
            (SELECT count(*) FROM seen WHERE v IN (SELECT \(key) FROM \(target))) AS matched
            """
        }
        return """
          SELECT * FROM (WITH seen AS MATERIALIZED (SELECT DISTINCT \(column) AS v FROM \
          \(schema.tables[from.table].sqlName) WHERE \(column) IS NOT NULL)
          \(tests.joined(separator: "\nUNION ALL "))) AS found
          """
      }
      return stride(from: 0, to: selects.count, by: columnsPerQuery).map { start in
        selects[start..<min(start + columnsPerQuery, selects.count)].joined(separator: "\nUNION ALL\n")
      }
    }

    static func queries(_ schema: Schema, _ candidates: [Candidate]) -> [PlannedCall] {
      statements(schema, candidates).map { .sql($0) }
    }

    /// The candidates that the values confirm: each column gets its best target.
    static func confirmed(_ candidates: [Candidate], _ findings: [Finding]) -> [Relation] {
      confirmed(candidates, findings.flatMap(\.rows).map { $0.map(\.integer) })
    }

    /// - Parameter rows: what the statements gave.
    static func confirmed(_ candidates: [Candidate], _ rows: [[Int64?]]) -> [Relation] {
      var best: [ColumnRef: (Relation, isNamed: Bool)] = [:]
      for row in rows where row.count == 5 {
        let numbers = row.map { $0 ?? -1 }
        guard candidates.indices.contains(Int(numbers[0])), numbers[3] > 0 else { continue }
        let candidate = candidates[Int(numbers[0])]
        let match = Double(numbers[4]) / Double(numbers[3])
        let isUnique = numbers[1] > 0 && numbers[1] == numbers[2]
        let enough = candidate.isNamed ? match >= leastMatchNamed : match >= leastMatch && numbers[3] >= leastDistinct
        guard isUnique, enough else { continue }
        let relation = Relation(from: candidate.from, to: candidate.to, isDeclared: false, match: match)
        if let held = best[candidate.from], held.isNamed || (held.0.match ?? 0) >= match { continue }
        best[candidate.from] = (relation, candidate.isNamed)
      }
      return best.values.map(\.0).sorted { ($0.from.table, $0.from.column) < ($1.from.table, $1.from.column) }
    }
  }
}
