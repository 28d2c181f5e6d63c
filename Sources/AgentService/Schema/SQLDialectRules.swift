import Wire

/// What a dialect writes in another way than the others.
enum SQLDialectRules {
  struct Rule: Sendable {
    /// In lower case, somewhere in the statement or in the database's message.
    let sign: String
    let sentence: String
  }

  static func of(_ dialect: Dialect) -> [Rule] {
    switch dialect {
    case .sqlite, .unspecified: sqlite
    case .postgresql: postgreSQL
    }
  }

  private static let sqlite = [
    Rule(sign: "extract(", sentence: "SQLite has no EXTRACT: use CAST(strftime('%Y', column) AS INTEGER), '%m' for months."),
    Rule(sign: "year(", sentence: "SQLite has no YEAR(): use strftime('%Y', column)."),
    Rule(sign: "month(", sentence: "SQLite has no MONTH(): use strftime('%m', column)."),
    Rule(sign: "date_trunc(", sentence: "SQLite has no date_trunc: use strftime('%Y-%m-01', column) for months."),
    Rule(sign: "to_char(", sentence: "SQLite has no to_char: use strftime or printf."),
    Rule(sign: "ilike", sentence: "SQLite has no ILIKE: its LIKE ignores case already."),
    Rule(sign: "::", sentence: "SQLite has no '::': use CAST(value AS type)."),
    Rule(sign: "interval '", sentence: "SQLite has no INTERVAL: use date(column, '+1 day')."),
    Rule(sign: "concat(", sentence: "This SQLite has no CONCAT: use a || b."),
    Rule(sign: "string_agg(", sentence: "SQLite has no string_agg: use group_concat(value, ', ')."),
    Rule(sign: "stddev(", sentence: "SQLite has no STDDEV: use the tool 'analyze', or sqrt(avg(x*x) - avg(x)*avg(x))."),
    Rule(sign: "misuse of aggregate", sentence: "An aggregate cannot stand in WHERE: use HAVING, or a subquery."),
  ]

  private static let postgreSQL = [
    Rule(sign: "strftime(", sentence: "PostgreSQL has no strftime: use extract(year FROM column) or to_char(column, 'YYYY-MM')."),
    Rule(sign: "julianday(", sentence: "PostgreSQL has no julianday: subtract dates."),
    Rule(sign: "group_concat(", sentence: "PostgreSQL has no group_concat: use string_agg(value, ', ')."),
    Rule(sign: "ifnull(", sentence: "PostgreSQL has no IFNULL: use coalesce."),
    Rule(sign: "round(double precision, integer)", sentence: "round with digits wants numeric: round(value::numeric, 2)."),
    Rule(sign: "must appear in the group by", sentence: "Put every column that is not aggregated into GROUP BY."),
    Rule(sign: "operator does not exist", sentence: "The two sides have different types: cast one, such as value::text."),
    Rule(sign: "aggregate functions are not allowed in where", sentence: "An aggregate cannot stand in WHERE: use HAVING."),
    Rule(sign: "`", sentence: "PostgreSQL quotes names with \"double quotes\", and texts with 'single quotes'."),
  ]
}
