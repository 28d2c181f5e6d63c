/// Preset dictionary 1, for codec 2: what the protocol's messages say again and again. It is normative to the byte: a peer with another
/// dictionary cannot read codec 2, and a better one needs another number.
///
/// zlib finds near matches cheaper than far ones, so what is most frequent stands last.
public enum PresetDictionary {
  public static let bytes = [UInt8](text.utf8)

  /// CRC-32 of ``bytes``, to check a copy by.
  public static var crc32: UInt32 { bytes.withUnsafeBytes(Checksum.crc32) }

  private static let text = [
    // Rare: formats, reports, charts.
    "<!DOCTYPE html><html><head><meta charset=\"utf-8\"><title>application/octet-stream image/svg+xml text/html text/csv ",
    "text/markdown application/json report.md report.html chart.svg data.csv summary.md ",
    "January February March April May June July August September October November December Monday Tuesday Wednesday Thursday ",
    "Friday Saturday Sunday 2024-01-01T00:00:00Z 2025-01-01 2026-01-01 00:00:00 ",
    "sqlite:///postgresql://localhost:5432/ 127.0.0.1:7411 ",
    // Errors and their hints.
    "Check that the address and port are correct; then try again. Check the message against docs/kai.proto. ",
    "Wait as long as the error says, then try again. List what exists, and check the id. Read it again, and repeat the change with ",
    "the new version. Stop work on this task; another node goes on. The lease belongs to somebody else now. Fetch the current state ",
    "and decide again. The session is completed or failed and takes no new tasks. There is no such table: no such column: ",
    "syntax error near \"division by zero\" is not allowed; at most bytes are allowed outcome unknown interrupted timed out ",
    // Words of questions and answers.
    "which what when where how many how much the average the total number of the highest the lowest per day by month by year top 10 ",
    "percentage compared with most common distinct values missing values outliers distribution correlation trend ",
    "The query returned rows. The answer is The result shows that there are In total, the table has columns and rows. Based on the data, ",
    "Let me look at the schema first. I will query the database. suggestions insights follow-up questions ",
    // Database schemas.
    "INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL DEFAULT CURRENT_TIMESTAMP UNIQUE REFERENCES FOREIGN KEY CREATE TABLE CREATE INDEX ",
    "VARCHAR(255) TEXT REAL NUMERIC BOOLEAN TIMESTAMP DATE BLOB BIGINT DOUBLE PRECISION information_schema sqlite_master pg_catalog ",
    "customer_id order_id product_id user_id created_at updated_at first_name last_name email address city country price quantity ",
    "amount category description status name date year month day hour origin dest carrier ",
    // SQL.
    "WITH ranked AS (SELECT ROW_NUMBER() OVER (PARTITION BY  ORDER BY  DESC) AS rn FROM  WHERE rn <= ",
    "CASE WHEN  THEN  ELSE 0 END COALESCE(CAST(strftime('%Y-%m',  AS INTEGER) AS REAL) ROUND(AVG( IS NOT NULL IS NULL BETWEEN  AND  LIKE '%",
    " INNER JOIN  ON  LEFT JOIN  ON  UNION ALL SELECT DISTINCT  HAVING COUNT(*) > MIN( MAX( SUM( AVG( COUNT(DISTINCT ",
    "SELECT COUNT(*) AS count FROM  WHERE  GROUP BY  ORDER BY  DESC LIMIT 10 ASC LIMIT 100;",
    // Names of the protocol.
    "full_autonomy analysis script query active running paused completed failed queued waiting cancelled partial interrupted ",
    "dialect sqlite postgresql admin user agent viewer shared namespace importance glossary instruction metric skill verified_sql ",
    "list_tables describe_tables sample_rows distinct_values sql_query write_file read_file list_files make_chart remember recall finish ",
    "recursion_limit db_connection_id metadata idempotency_key session_id task_id node_id checkpoint parent_step head_step epoch ",
    // JSON of tool calls, results and metadata.
    "{\"error\":{\"code\":\"message\":\"hint\":\"\"}}{\"path\":\"\",\"content\":\"\",\"media_type\":\"text/markdown\"}",
    "{\"type\":\"object\",\"properties\":{\"type\":\"string\",\"description\":\"\"},\"required\":[\"additionalProperties\":false}",
    "{\"table\":\"\",\"columns\":[{\"name\":\"\",\"type\":\"INTEGER\",\"nullable\":true,\"primary_key\":false}],\"row_count\":",
    "{\"query\":\"\",\"namespace\":\"\",\"key\":\"\",\"value\":{\"text\":\"\"},\"limit\":10}",
    "{\"answer\":\"\",\"suggestions\":[\"\",\"\"],\"status\":\"completed\",\"ok\":true,\"truncated\":false,\"null\":null}",
    "{\"sql\":\"SELECT \",\"columns\":[\"\",\"\"],\"rows\":[[1,\"\",null],[0.0,\"\"]],\"row_count\":100,\"truncated\":false}",
    "art_mem_node_task_sess_",
  ].joined()
}
