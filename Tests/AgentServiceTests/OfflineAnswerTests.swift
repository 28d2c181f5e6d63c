import JSON
import SQLite
import Testing
import Wire

@testable import AgentService

/// Questions and the SQL, written by hand, that gives what must be in the answer's rows.
@Suite struct OfflineAnswerTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let question: String
    let oracle: String
    init(_ question: String, _ oracle: String) {
      self.question = question
      self.oracle = oracle
    }
    var testDescription: String { question }
  }

  static let flights = [
    Case("how many flights are there?", "SELECT count(*) FROM flights"),
    Case("How many airlines are there?", "SELECT count(*) FROM airlines"),
    Case(
      "which airline has the highest average departure delay?",
      "SELECT a.name, avg(dep_delay) FROM flights f JOIN airlines a USING (carrier) GROUP BY 1 ORDER BY 2 DESC"),
    Case(
      "Which airline has the lowest average arrival delay?",
      "SELECT a.name, avg(arr_delay) FROM flights f JOIN airlines a USING (carrier) GROUP BY 1 ORDER BY 2"),
    Case("how many flights by month?", "SELECT month, count(*) FROM flights GROUP BY 1 ORDER BY 1"),
    Case("flights per carrier", "SELECT carrier, count(*) FROM flights GROUP BY 1 ORDER BY 1"),
    Case("How many flights from ORT?", "SELECT count(*) FROM flights WHERE origin = 'ORT'"),
    Case("How many flights from ORT to SOL?", "SELECT count(*) FROM flights WHERE origin = 'ORT' AND dest = 'SOL'"),
    Case("number of flights in March", "SELECT count(*) FROM flights WHERE month = 3"),
    Case("how many flights by Blue Bird Lines", "SELECT count(*) FROM flights WHERE carrier = 'BB'"),
    Case("What is the average distance?", "SELECT avg(distance), count(distance) FROM flights"),
    Case("what is the total distance flown by Amber Air?", "SELECT sum(distance) FROM flights WHERE carrier = 'AA'"),
    Case("maximum distance", "SELECT max(distance) FROM flights"),
    Case(
      "top 3 destinations by number of flights",
      "SELECT dest, count(*) FROM flights GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 3"),
    Case(
      "How many flights were delayed by more than 60 minutes at departure?", "SELECT count(*) FROM flights WHERE dep_delay > 60"),
    Case("how many flights with a distance over 1500 miles?", "SELECT count(*) FROM flights WHERE distance > 1500"),
    Case("how many flights over 1500 miles?", "SELECT count(*) FROM flights WHERE distance > 1500"),
    Case("how many flights have a missing departure delay?", "SELECT count(*) FROM flights WHERE dep_delay IS NULL"),
    Case("which plane has the most seats?", "SELECT tailnum, seats FROM planes ORDER BY seats DESC LIMIT 1"),
    Case("which airport has the highest altitude?", "SELECT name, alt FROM airports ORDER BY alt DESC LIMIT 1"),
    Case("how many planes made by Kestrel?", "SELECT count(*) FROM planes WHERE manufacturer = 'KESTREL'"),
    Case("how many planes have more than 150 seats", "SELECT count(*) FROM planes WHERE seats > 150"),
    Case("average seats by manufacturer", "SELECT manufacturer, avg(seats) FROM planes GROUP BY 1 ORDER BY 1"),
    Case("how many different destinations are there?", "SELECT count(DISTINCT dest) FROM flights"),
    Case(
      "flights by weekday",
      """
      SELECT CAST(n AS INTEGER) FROM (SELECT strftime('%w', printf('%d-%02d-%02d', year, month, day)) AS w, count(*) AS n
      FROM flights GROUP BY 1 ORDER BY 1)
      """),
    Case("average air time per hour", "SELECT hour, avg(air_time) FROM flights GROUP BY 1 ORDER BY 1"),
    Case(
      "which month had the most flights?", "SELECT month, count(*) FROM flights GROUP BY 1 ORDER BY 2 DESC, 1"),
    Case("flights by origin and month", "SELECT origin, month, count(*) FROM flights GROUP BY 1, 2 ORDER BY 1, 2"),
    Case("how many flights not from ORT?", "SELECT count(*) FROM flights WHERE origin <> 'ORT'"),
    Case("how many flights with distance between 500 and 900", "SELECT count(*) FROM flights WHERE distance BETWEEN 500 AND 900"),
    Case(
      "berapa banyak penerbangan per bulan?", "SELECT month, count(*) FROM flights GROUP BY 1 ORDER BY 1"),
  ]

  static let shop = [
    Case("how many orders were there?", "SELECT count(*) FROM orders"),
    Case("How many customers are from Norway?", "SELECT count(*) FROM customers WHERE country = 'Norway'"),
    Case("how many customers live in São Paulo?", "SELECT count(*) FROM customers WHERE city = 'São Paulo'"),
    Case("total amount by status", "SELECT status, sum(total_amount) FROM orders GROUP BY 1 ORDER BY 1"),
    Case("average total amount of shipped orders", "SELECT avg(total_amount) FROM orders WHERE status = 'shipped'"),
    Case(
      "top 5 customers by total amount",
      """
      SELECT customer_id, first_name, last_name, sum(total_amount) FROM orders o JOIN customers c ON c.id = customer_id
      GROUP BY 1 ORDER BY 4 DESC LIMIT 5
      """),
    Case(
      "which customer placed the most orders?",
      "SELECT customer_id, count(*) FROM orders GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 20"),
    Case("orders by month", "SELECT strftime('%Y-%m', order_date), count(*) FROM orders GROUP BY 1 ORDER BY 1"),
    Case("how many orders in 2024?", "SELECT count(*) FROM orders WHERE order_date LIKE '2024%'"),
    Case("how many orders in May 2023?", "SELECT count(*) FROM orders WHERE order_date LIKE '2023-05%'"),
    Case("how many orders after 2024-06-15?", "SELECT count(*) FROM orders WHERE order_date > '2024-06-15'"),
    Case("orders per year", "SELECT strftime('%Y', order_date), count(*) FROM orders GROUP BY 1 ORDER BY 1"),
    Case("how many orders over 200 dollars?", "SELECT count(*) FROM orders WHERE total_amount > 200"),
    Case("most expensive product", "SELECT product_name, price FROM products ORDER BY price DESC LIMIT 1"),
    Case("the 3 cheapest products", "SELECT product_name, price FROM products ORDER BY price LIMIT 3"),
    Case(
      "how many products per category?",
      "SELECT c.name, count(*) FROM products p JOIN categories c ON c.id = category_id GROUP BY c.id ORDER BY c.id"),
    Case("how many customers have no orders?", "SELECT count(*) FROM customers WHERE id NOT IN (SELECT customer_id FROM orders)"),
    Case(
      "total quantity by product",
      "SELECT product_id, sum(quantity) FROM order_items GROUP BY 1 ORDER BY 1"),
    Case(
      "which product has the highest revenue?",
      "SELECT product_id, sum(quantity * unit_price) FROM order_items GROUP BY 1 ORDER BY 2 DESC LIMIT 18"),
    Case(
      "total amount by customer city",
      "SELECT city, sum(total_amount) FROM orders o JOIN customers c ON c.id = customer_id GROUP BY 1 ORDER BY 1"),
    Case("how many orders have status pending?", "SELECT count(*) FROM orders WHERE status = 'pending'"),
    Case("how many orders where status is not cancelled", "SELECT count(*) FROM orders WHERE status <> 'cancelled'"),
    Case("number of pending or cancelled orders", "SELECT count(*) FROM orders WHERE status IN ('pending', 'cancelled')"),
    Case("average price by category", "SELECT category_id, avg(price) FROM products GROUP BY 1 ORDER BY 1"),
    Case("how many customers per country", "SELECT country, count(*) FROM customers GROUP BY 1 ORDER BY 1"),
    Case("how many different cities do customers come from?", "SELECT count(DISTINCT city) FROM customers"),
  ]

  static let school = [
    Case("how many teachers are there?", "SELECT count(*) FROM Teacher"),
    Case("average salary by department", "SELECT DepartmentId, avg(Salary) FROM Teacher GROUP BY 1 ORDER BY 1"),
    Case("who has the highest salary?", "SELECT Name, Salary FROM Teacher ORDER BY Salary DESC LIMIT 1"),
    Case("average grade per course", "SELECT CourseId, avg(Grade) FROM Enrollment GROUP BY 1 ORDER BY 1"),
    Case("how many teachers in Physics?", "SELECT count(*) FROM Teacher WHERE DepartmentId = 1"),
    Case("which course has the most credits?", "SELECT Title, Credits FROM Course ORDER BY Credits DESC LIMIT 1"),
    Case("how many teachers earn more than 60000 salary", "SELECT count(*) FROM Teacher WHERE Salary > 60000"),
    Case("enrollments by month", "SELECT strftime('%Y-%m', EnrolledOn), count(*) FROM Enrollment GROUP BY 1 ORDER BY 1"),
    Case("total credits by teacher", "SELECT TeacherId, sum(Credits) FROM Course GROUP BY 1 ORDER BY 1"),
    Case("minimum grade", "SELECT min(Grade) FROM Enrollment"),
    Case("how many teachers hired before 2015-01-01", "SELECT count(*) FROM Teacher WHERE HireDate < '2015-01-01'"),
    Case("how many unique students are there?", "SELECT count(DISTINCT StudentName) FROM Enrollment"),
  ]

  @Test(arguments: flights) func `flights are counted and measured as asked`(_ test: Case) throws {
    try check(test, try OfflineFixtures.flights())
  }

  @Test(arguments: shop) func `orders, customers and products are counted and measured as asked`(_ test: Case) throws {
    try check(test, try OfflineFixtures.shop())
  }

  @Test(arguments: school) func `a schema in camel case is understood as well`(_ test: Case) throws {
    try check(test, try OfflineFixtures.school())
  }

  @Test func `an answer in Indonesian has its words and its numbers`() throws {
    var executor = OfflineExecutor(try OfflineFixtures.flights().connection)
    executor.language = .id
    let askedCount = executor.ask("how many flights are there?")
    let count = try #require(askedCount)
    let total = try executor.query("SELECT count(*) FROM flights").rows[0][0].integer ?? 0
    #expect(count.answer.hasPrefix("Ada ") && count.answer.hasSuffix(" flights."))
    #expect(count.answer.filter(\.isNumber) == "\(total)" && !count.answer.contains(","))
    var second = OfflineExecutor(try OfflineFixtures.flights().connection)
    second.language = .id
    let askedAverage = second.ask("what is the average distance?")
    let average = try #require(askedAverage)
    #expect(average.answer.hasPrefix("Rata-rata distance adalah "))
    var third = OfflineExecutor(try OfflineFixtures.flights().connection)
    third.language = .id
    let askedBest = third.ask("which airline has the highest average departure delay?")
    let best = try #require(askedBest)
    #expect(best.answer.contains(" memiliki rata-rata dep_delay tertinggi: "))
    #expect(best.texts("suggestions").contains { $0.hasPrefix("Ada berapa ") })
  }

  /// Each of the oracle's rows must stand at its place in the answer; the answer may show more columns.
  private func check(_ test: Case, _ database: OfflineFixtures.Database) throws {
    var executor = OfflineExecutor(database.connection)
    let asked = executor.ask(test.question)
    let outcome = try #require(asked)
    let expected = try executor.query(test.oracle).rows
    #expect(outcome.status == "completed", "\(outcome.answer)")
    #expect(!outcome.answer.isEmpty)
    #expect(outcome.rows.count == expected.count, "\(outcome.answer)")
    for (row, wanted) in zip(outcome.rows, expected) {
      for cell in wanted { #expect(row.contains { Self.same($0, cell) }, "\(cell) is not in \(row): \(outcome.answer)") }
    }
    #expect(executor.replies.count <= 6)
  }

  private static func same(_ a: JSONValue, _ b: JSONValue) -> Bool {
    guard let x = a.number, let y = b.number else { return a == b }
    return abs(x - y) <= 1e-9 * max(1, abs(y))
  }
}
