import Wire

/// What a dialect writes in another way than the others.
enum SQLDialectRules {
  struct Rule: Sendable {
    /// In lower case, somewhere in the statement or in the database's message; a word only where a word begins.
    let sign: String
    let sentence: String

    func isIn(_ text: String) -> Bool {
      guard let first = sign.first, first.isLetter else { return text.contains(sign) }
      return text.ranges(of: sign).contains { range in
        guard range.lowerBound > text.startIndex else { return true }
        let before = text[text.index(before: range.lowerBound)]
        return !(before.isLetter || before.isNumber || before == "_")
      }
    }
  }

  /// What is to be said about a statement that a database refused, the most telling first; both texts in lower case.
  static func sentences(_ dialect: Dialect, statement: String, message: String) -> [String] {
    let rules = dialect == .postgresql ? postgreSQL : sqlite
    let statement = withoutTexts(statement)
    var sentences: [String] = []
    for rule in rules where rule.isIn(message) || rule.isIn(statement) {
      if sentences.count < 4, !sentences.contains(rule.sentence) { sentences.append(rule.sentence) }
    }
    return sentences
  }

  /// The statement with nothing in its texts, which say what they like, and one space for each run of white space.
  private static func withoutTexts(_ sql: String) -> String {
    let parts = sql.split(separator: "'", omittingEmptySubsequences: false)
    let bare = parts.enumerated().map { $0.offset.isMultiple(of: 2) ? String($0.element) : "" }.joined(separator: "'")
    return bare.split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }

  private static func rules(_ sentence: String, _ signs: String...) -> [Rule] {
    signs.map { Rule(sign: $0, sentence: sentence) }
  }

  private static let sqlite =
    rules("An aggregate cannot stand in WHERE: use HAVING, or a subquery.", "misuse of aggregate")
    + rules("The sum is beyond 64 bits: use total(x), or sum(CAST(x AS REAL)).", "integer overflow")
    + rules("SQLite has no TOP: put LIMIT n at the end.", "select top", "select distinct top")
    + rules("SQLite has no FETCH FIRST: put LIMIT n at the end, with OFFSET m behind it.", "fetch first", "fetch next")
    + rules("SQLite has no EXTRACT: use CAST(strftime('%Y', column) AS INTEGER), '%m' for months.", "extract(")
    + rules("SQLite has no DATEPART: use CAST(strftime('%Y', column) AS INTEGER), '%m' for months.", "datepart(", "date_part(")
    + rules("SQLite has no YEAR(): use strftime('%Y', column).", "year(")
    + rules("SQLite has no MONTH(): use strftime('%m', column).", "month(")
    + rules("SQLite has no DAY(): use strftime('%d', column).", "day(")
    + rules("SQLite has no date_trunc: use strftime('%Y-%m-01', column) for months.", "date_trunc(", "datetrunc(")
    + rules("SQLite has no to_char: use strftime or printf.", "to_char(", "date_format(")
    + rules("SQLite has no GETDATE or NOW: use date('now') or datetime('now').", "getdate(", "now(", "curdate(", "sysdate")
    + rules("SQLite has no DATEDIFF: use julianday(later) - julianday(earlier) for days.", "datediff(")
    + rules("SQLite has no DATEADD: use date(column, '+1 day').", "dateadd(", "date_add(", "interval '")
    + rules("SQLite has no ILIKE: its LIKE ignores the case of ASCII already.", "ilike")
    + rules("SQLite has no ISNULL() and no NVL: use ifnull(a, b) or coalesce.", "isnull(", "nvl(")
    + rules("SQLite has no IF(): use iif(condition, a, b) or CASE.", "if(")
    + rules("SQLite has no '::': use CAST(value AS type).", "::")
    + rules("This SQLite has no CONCAT: use a || b.", "concat(", "concat_ws(")
    + rules("SQLite has no string_agg: use group_concat(value, ', ').", "string_agg(", "listagg(")
    + rules("SQLite has no LEN: use length.", "len(")
    + rules("SQLite has no LEFT and RIGHT: use substr(text, 1, n) and substr(text, -n).", "left(", "right(")
    + rules("SQLite has no POSITION: use instr(text, part).", "position(", "charindex(", "strpos(")
    + rules(
      "SQLite has no STDDEV: use the tool 'analyze', or sqrt(avg(x*x) - avg(x)*avg(x)).", "stddev(", "stddev_samp(",
      "stddev_pop(", "variance(")
    + rules("SQLite has no median: use the tool 'analyze'.", "median(", "percentile_cont(", "percentile_disc(")
    + rules("SQLite has no DISTINCT ON: use row_number() OVER (PARTITION BY …) and keep the first.", "distinct on")

  private static let postgreSQL =
    rules("Put every column that is not aggregated into GROUP BY.", "must appear in the group by")
    + rules("An aggregate cannot stand in WHERE: use HAVING.", "aggregate functions are not allowed in where")
    + rules("round with digits wants numeric: round(value::numeric, 2).", "round(double precision, integer)")
    + rules("The number is too large for its type: cast to numeric first.", "out of range")
    + rules(
      "PostgreSQL joins texts with ||, and + adds numbers: write a || b.", "operator does not exist: text +",
      "operator does not exist: character varying +", "operator is not unique: unknown +",
      "operator does not exist: unknown +")
    + rules("money has no average: cast it, as in avg(value::numeric).", "avg(money)", "stddev(money)")
    + rules("The two sides have different types: cast one, such as value::text.", "operator does not exist")
    + rules("PostgreSQL has no TOP: put LIMIT n at the end.", "select top", "select distinct top")
    + rules("PostgreSQL writes LIMIT n OFFSET m, without a comma.", "limit #,#")
    + rules("PostgreSQL has no DATEPART: use extract(year FROM column).", "datepart(", "year(", "month(", "day(")
    + rules("PostgreSQL has no GETDATE: use now() or current_date.", "getdate(", "curdate(", "sysdate")
    + rules("PostgreSQL has no DATEDIFF: subtract dates, as in later::date - earlier::date.", "datediff(")
    + rules("PostgreSQL has no DATEADD: use column + interval '1 day'.", "dateadd(", "date_add(")
    + rules("PostgreSQL has no date_format: use to_char(column, 'YYYY-MM').", "date_format(")
    + rules("PostgreSQL has no ISNULL() and no IFNULL: use coalesce(a, b).", "isnull(", "ifnull(", "nvl(")
    + rules("PostgreSQL has no IF(): use CASE WHEN condition THEN a ELSE b END.", "if(", "iif(")
    + rules(
      "PostgreSQL has no strftime: use extract(year FROM column) or to_char(column, 'YYYY-MM').", "strftime(")
    + rules("PostgreSQL has no julianday: subtract dates.", "julianday(")
    + rules("PostgreSQL has no group_concat: use string_agg(value, ', ').", "group_concat(", "listagg(")
    + rules("PostgreSQL has no printf: use format or to_char.", "printf(")
    + rules("PostgreSQL has no instr: use strpos(text, part).", "instr(", "charindex(")
    + rules("PostgreSQL has no LEN: use length.", "len(")
    + rules("PostgreSQL has no total: use sum.", "total(")
    + rules("PostgreSQL has no median: use percentile_cont(0.5) WITHIN GROUP (ORDER BY value).", "median(")
    + rules("PostgreSQL quotes names with \"double quotes\", and texts with 'single quotes'.", "`", "[")
}
