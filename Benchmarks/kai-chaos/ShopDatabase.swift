import SQLite

/// A small real database for the tasks that ask about one: 6 customers, 4 products, 400 orders.
enum ShopDatabase {
  static func make(at path: String) throws(SQLiteError) {
    let connection = try SQLiteConnection(path: path, access: .readWriteCreate)
    try connection.execute(
      script: """
        CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT NOT NULL, city TEXT NOT NULL);
        CREATE TABLE products (id INTEGER PRIMARY KEY, name TEXT NOT NULL, price REAL NOT NULL);
        CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customers(id),
          product_id INTEGER NOT NULL REFERENCES products(id), quantity INTEGER NOT NULL, ordered_on TEXT NOT NULL);
        INSERT INTO customers VALUES (1,'Ada','Oslo'),(2,'Ben','Rome'),(3,'Cleo','Oslo'),(4,'Dan','Lima'),(5,'Eve','Rome'),(6,'Fay','Oslo');
        INSERT INTO products VALUES (1,'Lamp',20.5),(2,'Chair',75),(3,'Desk',240),(4,'Pen',1.25);
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 400)
        INSERT INTO orders SELECT i, i % 6 + 1, i * i % 4 + 1, i % 5 + 1, date('2025-01-01', '+' || (i % 365) || ' days') FROM n;
        """)
  }
}
