"""Attacks on a node: what a model, or whoever owns a database, can do to the kai-agent that works for them."""

import http.server, json, sqlite3, subprocess, threading, time

from server import Cage, Failure, kai, resident, until

NODE_LIMIT = 1 << 30


class Node:
    """The real kai-agent, in a memory cgroup of 1 GiB where the machine allows it."""

    def __init__(self, server, *options):
        self.folder = server.folder / "node"
        self.folder.mkdir()
        key, ready = self.folder / "key", self.folder / "ready"
        key.write_text(server.key(kai.ROLE_AGENT) + "\n")
        key.chmod(0o600)
        self.cage = Cage(NODE_LIMIT)
        with open(self.folder / "log", "wb") as log:
            self.process = subprocess.Popen(
                [f"{server.binaries}/kai-agent", "--server", server.address, "--key-file", key, "--name", "attacked",
                 "--results", self.folder / "results", "--ready-file", ready, *options], stdout=log, stderr=log)
        self.cage.take(self.process.pid)
        until("kai-agent", lambda: ready.exists() and ready.stat().st_size > 0)

    def verdict(self, limit):
        """Whether it has died or taken more MiB than it may."""
        peak = resident(self.process.pid, "VmHWM")
        is_alive = self.process.poll() is None
        return not is_alive or peak > limit, f"peak {peak} MiB, {'alive' if is_alive else 'DEAD'}"

    def stop(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.cage.close()


class Model:
    """A model's server that says what it is told to: a list of answers, or bytes without an end."""

    def __init__(self, *answers):
        answers = iter(answers)

        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def do_POST(self):
                self.rfile.read(int(self.headers["content-length"]))
                self.send_response(200)
                self.send_header("content-type", "text/event-stream")
                self.end_headers()
                try:
                    for piece in next(answers, said("done")):
                        self.wfile.write(b"data: " + json.dumps(piece).encode() + b"\n\n")
                    self.wfile.write(b"data: [DONE]\n\n")
                except OSError:
                    pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.options = ("--model", "openai:attacker", "--model-url", f"http://127.0.0.1:{self.server.server_address[1]}/v1")


def said(text):
    return [{"choices": [{"index": 0, "delta": {"role": "assistant", "content": text}}]},
            {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}]


def called(name, **arguments):
    function = {"name": name, "arguments": json.dumps(arguments)}
    call = {"index": 0, "id": "c0", "type": "function", "function": function}
    return [{"choices": [{"index": 0, "delta": {"role": "assistant", "tool_calls": [call]}}]},
            {"choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]}]


def endless():
    """An answer of 2 GiB."""
    for _ in range(1 << 15):
        yield {"choices": [{"index": 0, "delta": {"role": "assistant", "content": "x" * 65_536}}]}


def make_database(server, *statements):
    path = server.folder / "attacked.db"
    with sqlite3.connect(path) as database:
        for statement in ("CREATE TABLE t (a INTEGER, b TEXT)", "INSERT INTO t VALUES (1, 'x')", *statements):
            database.execute(statement)
    database.close()
    server.admin.call("connection.create", kai.ConnectionCreateRequest(id="attacked", uri=f"sqlite://{path}"))


def ask(server, question, patience):
    """Returns the seconds until its task has ended, with a cancel when it takes longer than `patience`."""
    session = server.admin.call("session.create", kai.SessionCreateRequest(db_connection_id="attacked")).message.id
    task = server.admin.call("task.submit", kai.TaskSubmitRequest(session_id=session, prompt=question)).message.id
    start, is_cancelled = time.monotonic(), False
    while time.monotonic() - start < patience + 20:
        if server.admin.call("task.get", kai.TaskRef(id=task)).message.status >= kai.TASK_STATUS_COMPLETED:
            break
        if not is_cancelled and time.monotonic() - start > patience:
            is_cancelled = True
            try:
                server.admin.call("task.cancel", kai.TaskRef(id=task))
            except Failure:
                pass
        time.sleep(0.1)
    return time.monotonic() - start


def with_model(server, *answers):
    make_database(server)
    node = Node(server, *Model(*answers).options)
    try:
        seconds = ask(server, "please", 20)
        harm, told = node.verdict(400)
        return harm or seconds > 30, f"{told}; its task ended after {seconds:.0f} s"
    finally:
        node.stop()


def edit_bomb(server):
    return with_model(
        server, called("write_file", path="a.md", content="a" * 400_000),
        called("edit_file", path="a.md", old="a", new="b" * 200_000, all=True))


def endless_answer(server):
    return with_model(server, endless())


def doubling_views(server):
    views = ["CREATE VIEW v0 AS SELECT a, b FROM t"] + [
        f"CREATE VIEW v{n} AS SELECT a, b FROM v{n - 1} UNION ALL SELECT b, a FROM v{n - 1} WHERE a > 0" for n in range(1, 31)]
    make_database(server, *views)
    node = Node(server)
    try:
        server.admin.call("schema.refresh", kai.SchemaRefreshRequest(db_connection_id="attacked"))
        seconds = ask(server, "SELECT count(*) FROM v30", 5)
        harm, told = node.verdict(500)
        return harm or seconds > 15, f"{told}; its task ended after {seconds:.0f} s, cancelled after 5"
    finally:
        node.stop()
