import Foundation
import SQLite

/// Small databases with made-up rows, the same in every run.
enum OfflineFixtures {
  /// A file that is removed with the object.
  final class Database {
    let connection: SQLiteConnection
    private let path: String

    init(_ script: String) throws {
      path = FileManager.default.temporaryDirectory.appendingPathComponent("offline-\(UUID().uuidString).db").path
      connection = try SQLiteConnection(path: path, access: .readWriteCreate)
      try connection.execute(script: script)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
  }

  /// Whole numbers below a bound, by a fixed rule.
  struct Numbers {
    private var state: UInt64
    init(_ seed: UInt64) { state = seed }
    mutating func next(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int((state >> 33) % UInt64(bound))
    }
  }

  /// No keys are declared: they have to be found. Some delays are missing.
  static func flights() throws -> Database {
    var script = """
      BEGIN;
      CREATE TABLE airlines (carrier TEXT, name TEXT);
      INSERT INTO airlines VALUES ('AA', 'Amber Air'), ('BB', 'Blue Bird Lines'), ('CC', 'Coral Coast Airways'),
        ('DD', 'Delta Dune');
      CREATE TABLE airports (faa TEXT, name TEXT, alt INTEGER, tzone TEXT);
      INSERT INTO airports VALUES ('ORT', 'Orta Field', 10, 'East'), ('PIN', 'Pinto Hub', 500, 'West'), 
        ('QUE', 'Quell', 90, 'East'), ('RAM', 'Ramos', 1200, 'West'), ('SOL', 'Solace Bay', 3, 'South');
      CREATE TABLE planes (tailnum TEXT, year INTEGER, manufacturer TEXT, seats INTEGER);
      CREATE TABLE flights (year INTEGER, month INTEGER, day INTEGER, dep_delay INTEGER, arr_delay INTEGER, carrier TEXT,
        flight INTEGER, tailnum TEXT, origin TEXT, dest TEXT, air_time INTEGER, distance INTEGER, hour INTEGER);

      """
    var numbers = Numbers(7)
    let makers = ["NIMBUS", "KESTREL", "ORVILLE"]
    for plane in 0..<30 {
      script +=
        "INSERT INTO planes VALUES ('N\(100 + plane)', \(1990 + numbers.next(20)), "
        + "'\(makers[numbers.next(3)])', \(50 + plane * 7));\n"
    }
    let ports = ["ORT", "PIN", "QUE", "RAM", "SOL"]
    for _ in 0..<900 {
      let origin = numbers.next(3)
      let dest = (origin + 1 + numbers.next(4)) % 5
      let carrier = numbers.next(10)
      let code = carrier < 5 ? "AA" : carrier < 8 ? "BB" : carrier < 9 ? "CC" : "DD"
      let delay = numbers.next(8) == 0 ? "NULL" : "\(numbers.next(120) - 15 + (code == "DD" ? 20 : 0))"
      let arrival = numbers.next(9) == 0 ? "NULL" : "\(numbers.next(150) - 30)"
      script += """
        INSERT INTO flights VALUES (2013, \(1 + numbers.next(12)), \(1 + numbers.next(28)), \(delay), \(arrival), '\(code)', \
        \(1000 + numbers.next(500)), 'N\(100 + numbers.next(33))', '\(ports[origin])', '\(ports[dest])', \
        \(30 + numbers.next(300)), \(200 + numbers.next(2500)), \(5 + numbers.next(18)));

        """
    }
    return try Database(script + "COMMIT;")
  }

  /// Declared keys, dates as text, an order's lines in a table of their own, a customer without orders.
  static func shop() throws -> Database {
    var script = """
      BEGIN;
      CREATE TABLE customers (id INTEGER PRIMARY KEY, first_name TEXT, last_name TEXT, city TEXT, country TEXT, signup_date TEXT);
      CREATE TABLE categories (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
      CREATE TABLE products (id INTEGER PRIMARY KEY, product_name TEXT, category_id INTEGER REFERENCES categories(id),
        price REAL);
      CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER REFERENCES customers(id), order_date TEXT, status TEXT,
        total_amount REAL);
      CREATE TABLE order_items (id INTEGER PRIMARY KEY, order_id INTEGER REFERENCES orders(id),
        product_id INTEGER REFERENCES products(id), quantity INTEGER, unit_price REAL);
      INSERT INTO categories VALUES (1, 'Books'), (2, 'Garden'), (3, 'Toys');

      """
    var numbers = Numbers(11)
    let first = ["Ana", "Ben", "Cleo", "Dan", "Eva", "Finn", "Gus", "Hana"]
    let last = ["Ardent", "Borrow", "Cask", "Dell"]
    let places = [
      ("Lisbon", "Portugal"), ("Porto", "Portugal"), ("Oslo", "Norway"), ("Bergen", "Norway"), ("São Paulo", "Brazil"),
    ]
    for id in 1...24 {
      let place = places[numbers.next(places.count)]
      script += """
        INSERT INTO customers VALUES (\(id), '\(first[id % 8])', '\(last[id / 8 % 4])', '\(place.0)', '\(place.1)', \
        '202\(2 + numbers.next(2))-0\(1 + numbers.next(9))-1\(numbers.next(9))');

        """
    }
    for id in 1...18 {
      script +=
        "INSERT INTO products VALUES (\(id), 'Product \(Character(UnicodeScalar(UInt8(64 + id))))', "
        + "\(1 + numbers.next(3)), \(5 + id * 3).5);\n"
    }
    let states = ["shipped", "pending", "cancelled"]
    var item = 0
    for id in 1...300 {
      let month = 1 + numbers.next(12)
      let date = "202\(3 + numbers.next(2))-\(month < 10 ? "0" : "")\(month)-\(10 + numbers.next(18))"
      script += """
        INSERT INTO orders VALUES (\(id), \(1 + numbers.next(23)), '\(date)', '\(states[numbers.next(3)])', \
        \(10 + numbers.next(400)).25);

        """
      for _ in 0...numbers.next(3) {
        item += 1
        script +=
          "INSERT INTO order_items VALUES (\(item), \(id), \(1 + numbers.next(18)), "
          + "\(1 + numbers.next(5)), \(3 + numbers.next(60)).0);\n"
      }
    }
    return try Database(script + "COMMIT;")
  }

  /// Another business, with camel case, a view, salaries and a reference to itself.
  static func school() throws -> Database {
    var script = """
      BEGIN;
      CREATE TABLE Department (DepartmentId INTEGER PRIMARY KEY, Name TEXT);
      INSERT INTO Department VALUES (1, 'Physics'), (2, 'History'), (3, 'Music');
      CREATE TABLE Teacher (TeacherId INTEGER PRIMARY KEY, Name TEXT, DepartmentId INTEGER, Salary INTEGER, HireDate DATE,
        MentorId INTEGER REFERENCES Teacher(TeacherId));
      CREATE TABLE Course (CourseId INTEGER PRIMARY KEY, Title TEXT, TeacherId INTEGER, Credits INTEGER);
      CREATE TABLE Enrollment (CourseId INTEGER, StudentName TEXT, Grade REAL, EnrolledOn TEXT);
      CREATE VIEW WellPaid AS SELECT * FROM Teacher WHERE Salary > 60000;

      """
    var numbers = Numbers(23)
    for id in 1...12 {
      let mentor = id > 3 ? "\(1 + numbers.next(3))" : "NULL"
      script += """
        INSERT INTO Teacher VALUES (\(id), 'Teacher \(id)', \(1 + numbers.next(3)), \(40_000 + id * 3_111), \
        '20\(10 + numbers.next(12))-0\(1 + numbers.next(9))-15', \(mentor));
        INSERT INTO Course VALUES (\(id), 'Course \(id)', \(1 + numbers.next(12)), \(2 + numbers.next(6)));

        """
    }
    for row in 0..<240 {
      script += """
        INSERT INTO Enrollment VALUES (\(1 + numbers.next(11)), 'Student \(row % 60)', \(numbers.next(100)).5, \
        '2022-0\(1 + numbers.next(9))-0\(1 + numbers.next(9)) 10:00:00');

        """
    }
    return try Database(script + "COMMIT;")
  }
}
