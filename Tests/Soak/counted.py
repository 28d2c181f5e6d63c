"""A user of kai-session whose calls are counted, and repeated after a restart of the service as PROTOCOL.md says."""

import collections, queue, secrets, socket, threading, time

from world import Failure, kai_wire

PATIENCE = 60
LOST = ("connection_lost", "shutting_down", "unavailable")


def next_reply(stream):
    """Stands in for `Stream.next`, which waits for ever: an answer that does not come is a failure."""
    kind, reply = stream.arrived.get(timeout=PATIENCE)
    if kind == kai_wire.ERROR:
        raise Failure(reply)
    return reply, kind == kai_wire.RESPONSE


kai_wire.Stream.next = next_reply


class Broken(Exception):
    """A call failed that should not have; it is counted already, and its round is over."""


class Tally:
    """What was asked and what failed, of all users together."""

    def __init__(self):
        self.lock = threading.Lock()
        self.calls, self.repeated, self.failed = collections.Counter(), collections.Counter(), collections.Counter()
        self.reasons = []

    @property
    def requests(self):
        with self.lock:
            return self.calls.total() + self.repeated.total()

    @property
    def failures(self):
        with self.lock:
            return self.failed.total()

    def count(self, name):
        with self.lock:
            self.calls[name] += 1

    def repeat(self, name):
        with self.lock:
            self.repeated[name] += 1

    def fail(self, name, why):
        with self.lock:
            self.failed[name] += 1
            if len(self.reasons) < 40:
                self.reasons.append(f"{time.strftime('%H:%M:%S')} {name}: {str(why)[:300] or type(why).__name__}")
        print(f"FAILED {name}: {str(why)[:300] or type(why).__name__}", flush=True)


def hang_up(connection, resets=False):
    """Closes without a word; with `resets` what is on its way is thrown away."""
    if resets:
        connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    try:
        # Wakes the thread that reads; a socket that somebody reads is not closed.
        connection.socket.shutdown(socket.SHUT_RD if resets else socket.SHUT_RDWR)
    except OSError:
        pass
    connection.socket.close()


class User:
    """One key on one connection."""

    def __init__(self, world, tally, key=None, name="user"):
        self.world, self.tally, self.key, self.name = world, tally, key or world.user_key, name
        self.connection = world.connect(self.key)

    def call(self, method, request=None, may_fail=(), key=None):
        """The answer's message; nothing when it failed in a way that may be."""
        key = key or secrets.token_bytes(16)
        return self.attempt(method, lambda: self.connection.call(method, request, key=key).message, may_fail)

    def items(self, method, request, may_fail=()):
        """Every item of a streaming call."""
        return self.attempt(method, lambda: list(self.connection.stream(method, request)), may_fail)

    def upload(self, method, request, content, key=None):
        key = key or secrets.token_bytes(16)
        return self.attempt(method, lambda: self.connection.upload(method, request, content, key=key).message)

    def attempt(self, name, action, may_fail=()):
        """Does it, and again with the same idempotency key when the service went away meanwhile."""
        self.tally.count(name)
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                return action()
            except (Failure, OSError, AssertionError, queue.Empty) as failure:
                if isinstance(failure, Failure) and failure.name in may_fail:
                    return None
                is_lost = isinstance(failure, OSError) or getattr(failure, "name", "") in LOST
                if not (is_lost and self.world.is_disturbed and time.monotonic() < deadline):
                    self.tally.fail(name, failure)
                    self.reconnect()
                    raise Broken from failure
                self.tally.repeat(name)
                self.reconnect()

    def expect(self, name, holds, what):
        """Counts an answer that is not what it must be as a failure of its call."""
        if not holds:
            self.tally.fail(name, f"not as it must be: {what}")
            raise Broken

    def close(self):
        hang_up(self.connection)

    def reconnect(self):
        hang_up(self.connection)
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                self.connection = self.world.connect(self.key)
                return
            except (Failure, OSError, AssertionError) as failure:
                if time.monotonic() > deadline or not self.world.is_disturbed:
                    self.tally.fail("connect", failure)
                    raise Broken from failure
                time.sleep(0.1)
