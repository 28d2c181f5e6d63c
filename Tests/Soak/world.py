"""What is soaked: the real kai-session, two kai-agents with the offline model, and a small database that they are asked about."""

import json, os, pathlib, signal, sqlite3, subprocess, sys, threading, time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "Attacks"))
from server import Failure, Server, kai, until  # noqa: E402,F401
import kai_wire  # noqa: E402,F401

ALIAS = "shop"
ORDERS, CUSTOMERS = 400, 6


def make_shop(path):
    """The same database as that of the integration tests."""
    with sqlite3.connect(path) as shop:
        shop.executescript("""
            CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT NOT NULL, city TEXT NOT NULL);
            CREATE TABLE products (id INTEGER PRIMARY KEY, name TEXT NOT NULL, price REAL NOT NULL);
            CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customers(id),
              product_id INTEGER NOT NULL REFERENCES products(id), quantity INTEGER NOT NULL, ordered_on TEXT NOT NULL);
            INSERT INTO customers VALUES (1,'Ada','Oslo'),(2,'Ben','Rome'),(3,'Cleo','Oslo'),(4,'Dan','Lima'),(5,'Eve','Rome'),
              (6,'Fay','Oslo');
            INSERT INTO products VALUES (1,'Lamp',20.5),(2,'Chair',75),(3,'Desk',240),(4,'Pen',1.25);
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 400)
            INSERT INTO orders SELECT i, i % 6 + 1, i * i % 4 + 1, i % 5 + 1, date('2025-01-01', '+' || (i % 365) || ' days') FROM n;
            """)
    shop.close()


class Node:
    """A kai-agent, which can be killed and started again under its name."""

    def __init__(self, world, name):
        self.world, self.name = world, name
        self.results = world.folder / f"results-{name}"
        self.start()

    def start(self):
        ready = self.world.folder / f"{self.name}.json"
        ready.unlink(missing_ok=True)
        with open(self.world.folder / f"{self.name}.log", "ab") as log:
            self.process = subprocess.Popen(
                [f"{self.world.binaries}/kai-agent", "--server", self.world.address, "--key-file", self.world.folder / "agent.key",
                 "--name", self.name, "--slots", "4", "--results", self.results, "--databases-root", self.world.databases,
                 "--learning-deadline", "5000", "--log-level", "warning", "--ready-file", ready], stdout=log, stderr=log)
        until(self.name, lambda: ready.exists() and ready.stat().st_size > 0)

    def kill(self):
        self.process.kill()
        self.process.wait()


class World(Server):
    """The attacks' kai-session, which here is started again on its port, with two nodes and a database."""

    def __init__(self, binaries):
        super().__init__(binaries)
        self.binaries = binaries
        self.data = self.folder / "data"
        # Held while kai-session is away, so that nobody else opens its database then: the last one to close it empties the log.
        self.away = threading.Lock()
        self.disturbed_until, self.started_at, self.restarted_at = 0.0, time.monotonic(), 0.0  # The last by the machine's clock.
        self.databases = self.folder / "databases"
        self.databases.mkdir()
        make_shop(self.databases / "shop.db")
        (self.folder / "agent.key").write_text(self.key(kai.ROLE_AGENT))
        os.chmod(self.folder / "agent.key", 0o600)
        self.admin.call("connection.create", kai.ConnectionCreateRequest(
            id=ALIAS, uri=f"sqlite://{self.databases}/shop.db", description="customers, products and their orders"))
        self.user_key = self.key(kai.ROLE_USER)
        self.nodes = [Node(self, "node-1"), Node(self, "node-2")]

    @property
    def is_disturbed(self):
        """Whether kai-session is away, or was a moment ago: calls may be cut off then."""
        return time.monotonic() < self.disturbed_until

    def restart(self):
        """Stops kai-session with SIGTERM and starts it again where it was. Returns how many seconds it took to stop."""
        self.disturbed_until = time.monotonic() + 60
        with self.away:
            taken = self.stop_and_start()
        self.disturbed_until = time.monotonic() + 10
        return taken

    def stop_and_start(self):
        start = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(30)
        taken = time.monotonic() - start
        assert code == 0, f"kai-session ended with {code}"
        ready = self.folder / "ready"
        ready.unlink()
        self.process = subprocess.Popen(
            [f"{self.binaries}/kai-session", "--data", self.data, "--listen", self.address, "--http", "127.0.0.1:0",
             "--ready-file", ready], stdout=self.log, stderr=self.log)
        self.cage.take(self.process.pid)
        until("kai-session again", lambda: ready.exists() and ready.stat().st_size > 0)
        self.http = json.loads(ready.read_text())["http"]
        self.started_at, self.restarted_at = time.monotonic(), time.time()
        return taken

    def kaictl(self, *arguments):
        """Runs kaictl as the admin. Returns what it printed; raises if it failed."""
        environment = dict(os.environ, KAI_SERVER=self.address, KAI_KEY_FILE=str(self.data / "admin.key"), HOME=str(self.folder))
        done = subprocess.run(
            [f"{self.binaries}/kaictl", *arguments], env=environment, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, f"kaictl {arguments[0]} {arguments[1]} ended with {done.returncode}: {done.stderr[-300:]}"
        return done.stdout

    def stop(self):
        for node in self.nodes:
            node.kill()
        super().stop()
