"""What an operator does meanwhile: looks at everything, makes backups and keys, kills a node, and restarts the service once."""

import random, time, urllib.request

from counted import Broken, User, hang_up
from rounds import ENDED, PROFILE
from world import ALIAS, Failure, kai


class Operator:
    def __init__(self, world, tally, over, leaks=False):
        self.world, self.tally, self.over, self.leaks = world, tally, over, leaks
        self.admin = User(world, tally, world.admin_key)
        self.keys_made = self.kills = self.served_after_revocation = 0

    def run(self, restart_after):
        """Works until `over` is set: something small every few seconds, and once a minute all that is large."""
        start, minute, has_restarted = time.monotonic(), 0, False
        while not self.over.wait(3):
            self.attempt(self.look)
            if not has_restarted and time.monotonic() - start > restart_after:
                has_restarted = True
                self.attempt(self.restart)
            if time.monotonic() - start > 60 * minute + 20:
                minute += 1
                for work in (self.back_up, self.use_kaictl, self.change_keys, self.check, self.kill_a_node):
                    self.attempt(work)

    def attempt(self, work):
        try:
            work()
        except Broken:
            pass
        except Exception as failure:
            self.tally.fail(work.__name__, failure)

    def look(self):
        for method in ("server.info", "server.stats", "node.list", "key.list"):
            self.admin.call(method)
        for path in ("/healthz", "/readyz", "/metrics"):
            self.tally.count(path)
            with urllib.request.urlopen(f"http://{self.world.http}{path}", timeout=10) as answer:
                answer.read()

    def restart(self):
        self.tally.count("restart")
        taken = self.world.restart()
        print(f"  kai-session was restarted; it took {taken:.1f} s to stop", flush=True)

    def back_up(self):
        self.tally.count("backup")
        file = self.world.folder / "kai.backup"
        try:
            self.world.kaictl("backup", "create", str(file))
            self.world.kaictl("backup", "verify", str(file))
        finally:
            file.unlink(missing_ok=True)

    def use_kaictl(self):
        self.tally.count("kaictl")
        session = self.world.kaictl("session", "create", "--connection", ALIAS, "-o", "ids").strip()
        answer = self.world.kaictl("ask", "--session", session, "how many orders are there?")
        assert "400" in answer, answer
        if not self.leaks:
            self.world.kaictl("session", "delete", session, "-y")

    def change_keys(self):
        made = self.admin.call("key.create", kai.KeyCreateRequest(name="soak", role=kai.ROLE_VIEWER, connections=[ALIAS]))
        self.keys_made += 1
        viewer = self.world.connect(f"{made.id}:{made.secret}")
        viewer.call("session.list", kai.SessionListRequest())
        self.admin.call("key.revoke", kai.KeyRef(id=made.id))
        revoked, served = time.monotonic(), 0
        try:
            while time.monotonic() - revoked < 1:
                viewer.call("server.info", timeout_ms=5_000)
                served += 1
        except (Failure, OSError):
            pass
        # The connection is closed by its own event loop, which may have read a request before.
        self.served_after_revocation += served
        assert time.monotonic() - revoked < 1, "a key is still good a second after it was revoked"
        hang_up(viewer)

    def check(self):
        found = self.admin.call("server.check")
        self.admin.expect("server.check", found.ok, [finding.detail for finding in found.findings if not finding.ok])

    def kill_a_node(self):
        """Kills the second node while it works; the first one lives on, so that what it needs can be compared."""
        self.tally.count("kill a node")
        node = self.world.nodes[1]
        session = self.admin.call("session.create", kai.SessionCreateRequest(db_connection_id=ALIAS)).id
        task = self.admin.call("task.submit", kai.TaskSubmitRequest(session_id=session, prompt=PROFILE[0]))
        time.sleep(random.random() * 0.3)
        node.kill()
        self.kills += 1
        self.over.wait(random.random() * 5)
        node.start()
        deadline = time.monotonic() + 60
        while (ended := self.admin.call("task.get", kai.TaskRef(id=task.id))).status not in ENDED:
            self.admin.expect("a killed node's task", time.monotonic() < deadline, f"status {ended.status} after 60 s")
            time.sleep(0.1)
        self.admin.expect("a killed node's task", ended.status == kai.TASK_STATUS_COMPLETED, ended.result.error.message)
        if not self.leaks:
            self.admin.call("session.delete", kai.SessionRef(id=session))
