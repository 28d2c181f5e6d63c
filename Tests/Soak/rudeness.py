"""What bad and unlucky clients do: hang up in the middle of calls, come with wrong keys, and send half of a frame."""

import hashlib, os, secrets, socket, struct, time, zlib

from counted import Broken, User, hang_up
from world import ALIAS, Failure, kai, kai_wire

LARGE = 2 << 20


class Rude:
    def __init__(self, world, tally, random):
        self.world, self.tally, self.random = world, tally, random
        self.user = User(world, tally)

    def run(self):
        """Is rude in every way once, about a session of its own, which is deleted in the end."""
        session = None
        try:
            session = self.user.call("session.create", kai.SessionCreateRequest(db_connection_id=ALIAS)).id
            self.put(session)
            for way in self.random.sample(WAYS, len(WAYS)):
                self.tally.count(way.__name__)
                try:
                    way(self, session)
                except (OSError, Failure, AssertionError) as failure:
                    # What is asked here fails as it is meant to; that nobody can come in does not.
                    if not self.world.is_disturbed:
                        self.tally.fail(way.__name__, failure)
        except Broken:
            pass
        finally:
            if session:
                self.user.call("session.delete", kai.SessionRef(id=session), may_fail=("not_found",))

    def put(self, session):
        content = os.urandom(LARGE)
        self.user.upload("artifact.put", self.putting(session, "large", hashlib.sha256(content).digest()), content)

    def putting(self, session, path, digest):
        return kai.ArtifactPutRequest(session_id=session, path=path, size=LARGE, sha256=digest)

    def connect(self):
        return self.world.connect(self.world.user_key)

    def leave(self, connection):
        time.sleep(self.random.random() * 0.05)
        hang_up(connection, resets=self.random.random() < 0.5)

    # The ways.

    def leaves_a_watch(self, session):
        connection = self.connect()
        connection.open("task.watch", kai.TaskWatchRequest(session_id=session))
        self.leave(connection)

    def leaves_a_task(self, session):
        connection, key = self.connect(), secrets.token_bytes(16)
        request = kai.TaskSubmitRequest(session_id=session, prompt="how many orders are there?")
        connection.open("task.submit", request, key=key)
        self.leave(connection)
        task = self.user.call("task.submit", request, key=key)
        tasks = self.user.call("task.list", kai.TaskListRequest(session_id=session)).tasks
        again = [other.id for other in tasks].count(task.id)
        if again != 1:
            self.tally.fail("leaves_a_task", f"the repeated task is there {again} times")

    def leaves_a_download(self, session):
        connection = self.connect()
        connection.open("artifact.get", kai.ArtifactRef(session_id=session, path="large"))
        self.leave(connection)

    def leaves_an_upload(self, session):
        connection = self.connect()
        stream = connection.open("artifact.put", self.putting(session, "half", bytes(32)), key=secrets.token_bytes(16))
        chunk = struct.pack(">HHI", 0, 0, 0) + os.urandom(200_000)
        for _ in range(2):
            connection.send(kai_wire.UPLOAD, stream.number, chunk, kai_wire.ATTACHMENT)
        self.leave(connection)

    def leaves_an_export(self, session):
        connection = self.connect()
        connection.open("session.export", kai.SessionExportRequest(id=session))
        self.leave(connection)

    def leaves_lists(self, session):
        connection = self.connect()
        for _ in range(20):
            connection.open("session.list", kai.SessionListRequest())
        self.leave(connection)

    def cancels(self, session):
        connection = self.connect()
        for method, request in (("task.watch", kai.TaskWatchRequest(session_id=session)),
                                ("artifact.get", kai.ArtifactRef(session_id=session, path="large"))):
            connection.open(method, request).cancel()
        stream = connection.open("artifact.put", self.putting(session, "half", bytes(32)), key=secrets.token_bytes(16))
        stream.cancel()
        connection.call("server.info")
        self.leave(connection)

    def has_a_wrong_key(self, session):
        # Not so often with the users' own id: 30 times a minute from one address turn it away, as they should.
        own = self.random.random() < 0.1
        key_id = self.world.user_key.split(":")[0] if own else "key_" + secrets.token_hex(6)
        try:
            self.world.connect(f"{key_id}:{secrets.token_hex(32)}")
            self.tally.fail("has_a_wrong_key", "it was let in")
        except Failure as failure:
            if failure.name != "unauthenticated":
                raise

    def sends_half_a_frame(self, session):
        connection = self.connect()
        body = os.urandom(100_000)
        head = struct.pack(">IBBHIII", len(body), kai_wire.REQUEST, 0, 0, 1, len(body), zlib.crc32(body))
        connection.socket.sendall((head + struct.pack(">I", zlib.crc32(head)) + body)[: self.random.choice([1, 24, 10_000, 90_000])])
        self.leave(connection)

    def sends_a_damaged_frame(self, session):
        connection = self.connect()
        connection.socket.sendall(os.urandom(200))
        deadline = time.monotonic() + 10
        while connection.end is None and time.monotonic() < deadline:
            time.sleep(0.01)
        if connection.end is None:
            self.tally.fail("sends_a_damaged_frame", "the connection goes on")
        hang_up(connection)

    def shakes_half_a_hand(self, session):
        host, port = self.world.address.rsplit(":", 1)
        peer = socket.create_connection((host, int(port)), timeout=10)
        peer.sendall(self.random.choice([b"", b"KAIW", b"KAIW\1\1\0\0", b"GET / HTTP/1.1\r\n\r\n", b"KAIW\1\1\0\0\0\0\0"]))
        if self.random.random() < 0.2:
            while peer.recv(4096):  # Until the server has waited for long enough.
                pass
        peer.close()


WAYS = [
    Rude.leaves_a_watch, Rude.leaves_a_task, Rude.leaves_a_download, Rude.leaves_an_upload, Rude.leaves_an_export, Rude.leaves_lists,
    Rude.cancels, Rude.has_a_wrong_key, Rude.sends_half_a_frame, Rude.sends_a_damaged_frame, Rude.shakes_half_a_hand,
]
