"""A kai-session to be attacked: the real binary, in a memory cgroup of 512 MiB where the machine allows it."""

import json, os, pathlib, secrets, shutil, signal, subprocess, sys, tempfile, time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "examples/python"))
from kai_wire import Connection, Failure, kai  # noqa: E402

LIMIT = 512 << 20
MEMORY_V1 = pathlib.Path("/sys/fs/cgroup/memory")
ROOT_V2 = pathlib.Path("/sys/fs/cgroup")


class Cage:
    """A memory cgroup of a process; without one the peak is measured alone."""

    def __init__(self, bytes=LIMIT):
        self.folder = None
        name = f"kai-attack-{os.getpid()}-{secrets.token_hex(4)}"
        for root, limit in ((MEMORY_V1, "memory.limit_in_bytes"), (ROOT_V2, "memory.max")):
            try:
                folder = root / name
                folder.mkdir()
                (folder / limit).write_text(str(bytes))
                self.folder = folder
                break
            except OSError:
                shutil.rmtree(root / name, ignore_errors=True)

    def take(self, pid):
        if self.folder:
            (self.folder / "cgroup.procs").write_text(str(pid))

    def close(self):
        if self.folder:
            try:
                self.folder.rmdir()
            except OSError:
                pass


def resident(pid, field="VmRSS"):
    """In MiB; 0 when the process is gone."""
    try:
        for line in open(f"/proc/{pid}/status"):
            if line.startswith(field):
                return int(line.split()[1]) // 1024
    except OSError:
        pass
    return 0


class Server:
    def __init__(self, binaries, *options, off=()):
        self.binaries = binaries
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="kai-attack-"))
        self.cage = Cage()
        ready = self.folder / "ready"
        environment = dict(os.environ, KAI_GUARDS_OFF=",".join(off))
        self.log = open(self.folder / "log", "wb")
        self.process = subprocess.Popen(
            [f"{binaries}/kai-session", "--data", self.folder / "data", "--listen", "127.0.0.1:0", "--http", "127.0.0.1:0",
             "--ready-file", ready, *options], stdout=self.log, stderr=self.log, env=environment)
        self.cage.take(self.process.pid)
        until("kai-session", lambda: ready.exists() and ready.stat().st_size > 0)
        said = json.loads(ready.read_text())
        self.address, self.http = said["listen"], said["http"]
        self.admin_key = (self.folder / "data/admin.key").read_text()
        self.admin = self.connect(self.admin_key)
        self.alias = "target"
        self.admin.call("connection.create", kai.ConnectionCreateRequest(id=self.alias, uri="sqlite:///no/such/file.db"))

    def connect(self, key):
        return Connection(self.address, key)

    def key(self, role):
        made = self.admin.call("key.create", kai.KeyCreateRequest(name="attack", role=role)).message
        return f"{made.id}:{made.secret}"

    @property
    def is_alive(self):
        return self.process.poll() is None

    def cpu_seconds(self):
        fields = open(f"/proc/{self.process.pid}/stat").read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def resident(self, field="VmRSS"):
        return resident(self.process.pid, field)

    def stop(self):
        if self.is_alive:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.log.close()
        self.cage.close()
        shutil.rmtree(self.folder, ignore_errors=True)


class Quiet:
    """Another user, who asks for one small thing again and again: what an attack costs others is how long that takes.

    It is a process of its own, or it would wait for the attackers' threads instead of for the service.
    """

    def __init__(self, server):
        self.key = server.key(kai.ROLE_USER)
        request = kai.SessionCreateRequest(db_connection_id=server.alias)
        session = server.connect(self.key).call("session.create", request).message.id
        self.process = subprocess.Popen(
            [sys.executable, pathlib.Path(__file__).with_name("quiet.py"), server.address, session],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.process.stdin.write(self.key + "\n")
        self.process.stdin.flush()
        assert self.process.stdout.readline() == "ready\n"

    def end(self):
        """The seconds of its slowest call."""
        try:
            # A call that is still waited for counts with the time until now.
            return float(self.process.communicate("", timeout=15)[0])
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.communicate()
            return 15.0


def until(what, condition, seconds=20):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"no {what} after {seconds} s"
        time.sleep(0.02)
