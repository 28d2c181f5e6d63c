"""What hostile clients have in common: frames by hand, requests whose answers nobody reads, and texts that do not compress."""

import base64, os, socket, struct, time, zlib

from server import LIMIT, Failure, kai

GOAWAY, REQUEST, RESPONSE, UPLOAD = 0x05, 0x10, 0x11, 0x13


def header(kind, stream, length, crc=0):
    head = struct.pack(">IBBHIII", length, kind, 0, 0, stream, length, crc)
    return head + struct.pack(">I", zlib.crc32(head))


def ask(client, method, request, count):
    """Sends requests whose answers are never looked at."""
    for _ in range(count):
        try:
            client.open(method, request)
        except (Failure, OSError):
            return


def memory_is_gone(server):
    """Whether the process has died, or has taken more than it may."""
    peak = server.resident("VmHWM")
    return not server.is_alive or peak > (LIMIT >> 20) - 32, f"peak {peak} MiB, {'alive' if server.is_alive else 'DEAD'}"


def incompressible(size):
    return base64.b64encode(os.urandom(size * 3 // 4)).decode()


def fill_memories(server, count=60):
    for number in range(count):
        server.admin.call("memory.remember", kai.MemoryRememberRequest(
            db_connection_id=server.alias, namespace="facts", key=f"m{number}", content=f"{number} " + incompressible(60_000)))


def deaf(server, key):
    """A client that asks and never reads."""
    client = server.connect(key)
    client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.streams = Deaf()
    return client


class Deaf(dict):
    """The receiving thread stops at the first reply: nothing is read from the socket any more."""

    def pop(self, *_):
        time.sleep(3600)

    def get(self, *_):
        time.sleep(3600)

    __getitem__ = get
