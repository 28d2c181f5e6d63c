"""The attacks: each says what it did, and whether it has done harm. With its guard off it must."""

import base64, dataclasses, hashlib, os, resource, socket, statistics, struct, time, zlib
from typing import Callable

from server import LIMIT, Failure, Quiet, Server, kai, until

READS_OF_A_TURN = 30
GOAWAY, REQUEST, RESPONSE, UPLOAD = 0x05, 0x10, 0x11, 0x13


@dataclasses.dataclass
class Attack:
    name: str
    # The guards that are off in the control; empty where there is no switch: what is never read whole has no other way.
    guard: str
    run: Callable
    options: tuple = ()


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


def unicode_queries(server):
    quiet, viewer = Quiet(server), server.connect(server.key(kai.ROLE_VIEWER))
    query = "\u0344\u0323" * 32_000
    ask(viewer, "memory.recall", kai.MemoryRecallRequest(db_connection_id=server.alias, query=query), 16)
    time.sleep(4)
    slowest = quiet.end()
    return slowest > 2, f"another user's slowest call {slowest:.2f} s"


def unicode_memories(server):
    quiet, user = Quiet(server), server.connect(server.key(kai.ROLE_USER))
    for number in range(4):
        content = "\u0344\u0323" * 15_000
        ask(user, "memory.remember", kai.MemoryRememberRequest(
            db_connection_id=server.alias, namespace="facts", key=f"k{number}", content=content), 1)
    writer, start = server.connect(quiet.key), time.monotonic()
    try:
        writer.call("session.create", kai.SessionCreateRequest(db_connection_id=server.alias), timeout_ms=20_000)
    except Failure:
        pass
    taken = time.monotonic() - start
    quiet.end()
    return taken > 2, f"another user's write {taken:.2f} s"


def half_requests(server):
    return half_frames(server, REQUEST)


def half_farewells(server):
    return half_frames(server, GOAWAY)


def half_answers(server):
    return half_frames(server, RESPONSE)


def half_frames(server, kind):
    key = server.key(kai.ROLE_VIEWER)
    body = bytes(4 * 1024 * 1024 - 1024)
    clients = []
    for _ in range(160):
        try:
            client = server.connect(key)
            client.socket.settimeout(1)
            client.socket.sendall(header(kind, 1, 4 * 1024 * 1024 - 64) + body)
            clients.append(client)
        except (OSError, Failure, AssertionError):
            if not server.is_alive:
                break
    return memory_is_gone(server)


def uploads(server):
    key = server.key(kai.ROLE_USER)
    session = server.connect(key).call("session.create", kai.SessionCreateRequest(db_connection_id=server.alias)).message.id
    chunk = struct.pack(">HHI", 0, 0, 0) + bytes(256 * 1024)
    for number in range(4):
        client = server.connect(key)
        try:
            for stream in range(200):
                request = kai.ArtifactPutRequest(
                    session_id=session, path=f"f{number}-{stream}", media_type="text/plain", size=64 << 20, sha256=bytes(32))
                opened = client.open("artifact.put", request)
                for _ in range(4):
                    if not opened.is_over:
                        client.send(UPLOAD, opened.number, chunk, 2, may_compress=False)
        except (OSError, Failure):
            if not server.is_alive:
                break
    time.sleep(1)
    return memory_is_gone(server)


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


def unread_replies(server):
    fill_memories(server)
    key = server.key(kai.ROLE_VIEWER)
    request = kai.MemoryListRequest(db_connection_id=server.alias, page=kai.Page(limit=1000))
    for _ in range(40):
        try:
            ask(deaf(server, key), "memory.list", request, 250)
        except (OSError, Failure, AssertionError):
            if not server.is_alive:
                break
    time.sleep(3)
    return memory_is_gone(server)


def fair_reads(server):
    fill_memories(server)
    key, quiet = server.key(kai.ROLE_VIEWER), Quiet(server)
    request = kai.MemoryListRequest(db_connection_id=server.alias, page=kai.Page(limit=1000))
    reader, alone = server.connect(key), []
    for _ in range(5):
        start = time.monotonic()
        reader.call("memory.list", request, timeout_ms=20_000)
        alone.append(time.monotonic() - start)
    for _ in range(16):
        ask(server.connect(key), "memory.list", request, 200)
    time.sleep(3)
    slowest = quiet.end()
    # Whoever waits for its turn waits for a few reads of others, not for the 3 200 of them that are asked for.
    reads = slowest / statistics.median(alone)
    return reads > READS_OF_A_TURN, f"another user's slowest call {slowest:.2f} s, as long as {reads:.0f} of these reads"


def fair_writes(server):
    """Large questions by one user, and another who changes a title now and then."""
    key, other = server.key(kai.ROLE_USER), server.connect(server.key(kai.ROLE_USER))
    request = kai.SessionCreateRequest(db_connection_id=server.alias)
    busy, quiet = (client.call("session.create", request).message.id for client in (server.connect(key), other))
    prompt = incompressible(200_000)
    for _ in range(8):
        ask(server.connect(key), "task.submit", kai.TaskSubmitRequest(session_id=busy, prompt=prompt), 120)
    slowest = 0
    for number in range(10):
        start = time.monotonic()
        try:
            other.call("session.update", kai.SessionUpdateRequest(id=quiet, title=f"{number}"), timeout_ms=20_000)
        except Failure:
            pass
        slowest = max(slowest, time.monotonic() - start)
    return slowest > 1, f"another user's slowest write {slowest:.2f} s"


def whole_queues(server):
    """Why a task waits, asked of a session with a long queue of large ones."""
    user = server.connect(server.key(kai.ROLE_USER))
    session = user.call("session.create", kai.SessionCreateRequest(db_connection_id=server.alias)).message.id
    text = "x" * (250 * 1024)
    tasks = [user.open("task.submit", kai.TaskSubmitRequest(session_id=session, prompt=text, context=text)) for _ in range(8)]
    last = ""
    for _ in range(700):
        last = tasks.pop(0).next()[0].message.id
        tasks.append(user.open("task.submit", kai.TaskSubmitRequest(session_id=session, prompt=text, context=text)))
    for task in tasks:
        task.next()
    viewer = server.connect(server.key(kai.ROLE_VIEWER))
    for question in [viewer.open("task.why", kai.TaskRef(id=last)) for _ in range(4)]:
        try:
            question.next()
        except (Failure, OSError, AssertionError):
            break
    peak = server.resident("VmHWM")
    return not server.is_alive or peak > 300, f"peak {peak} MiB, {'alive' if server.is_alive else 'DEAD'}"


def whole_queue_places(server):
    """Tasks that are due in a year, in all places of the queue."""
    user = server.connect(server.key(kai.ROLE_USER))
    session = user.call("session.create", kai.SessionCreateRequest(db_connection_id=server.alias)).message.id
    year = 365 * 86_400_000
    for _ in range(200):
        try:
            user.call("task.submit", kai.TaskSubmitRequest(session_id=session, prompt="q", delay_ms=year), timeout_ms=1_000)
        except Failure:
            break
    other = server.connect(server.key(kai.ROLE_USER))
    request = kai.TaskSubmitRequest(session_id=session, prompt="q")
    try:
        other.call("task.submit", request, timeout_ms=1_000)
        return False, "another user's question was taken"
    except Failure as failure:
        return True, f"another user's question was refused: {failure}"


def handshake_flood(server):
    host, port = server.address.rsplit(":", 1)
    silent, refused, tried = [], 0, 0
    start = time.monotonic()
    while time.monotonic() - start < 6:
        for _ in range(40):
            try:
                silent.append(socket.create_connection((host, int(port)), timeout=2, source_address=("127.0.0.1", 0)))
            except OSError:
                pass
        if time.monotonic() - start > 2:
            tried += 1
            try:
                with socket.create_connection((host, int(port)), timeout=2, source_address=("127.0.0.9", 0)) as newcomer:
                    newcomer.sendall(b"KAIW\1\1\0\0")
                    newcomer.settimeout(2)
                    refused += newcomer.recv(8)[:4] != b"KAIW"
            except OSError:
                refused += 1
        time.sleep(0.1)
    for peer in silent:
        peer.close()
    return refused * 5 > tried, f"{refused} of {tried} newcomers from another address refused"


def all_places(server):
    key, open_ones = server.key(kai.ROLE_VIEWER), []
    for _ in range(60):
        try:
            open_ones.append(server.connect(key))
        except (Failure, OSError, AssertionError):
            break
    try:
        server.connect(server.admin_key).call("server.info")
        return False, f"one key has {len(open_ones)} of 50 connections, and an admin came in"
    except (Failure, OSError, AssertionError) as failure:
        return True, f"one key has {len(open_ones)} of 50 connections; an admin was refused: {failure}"


def trickle(server):
    client = server.connect(server.key(kai.ROLE_VIEWER))
    client.socket.sendall(header(REQUEST, 1, 1024 * 1024))
    start = time.monotonic()
    while time.monotonic() - start < 14:
        try:
            client.socket.sendall(b"x")
        except OSError:
            break
        if client.end:
            break
        time.sleep(0.5)
    taken = time.monotonic() - start
    return taken > 13, f"a frame of 1 MiB at two bytes a second was held for {taken:.0f} s"


def large_pages(server):
    user = server.connect(server.key(kai.ROLE_USER))
    metadata = '{"k": "' + "x" * 60_000 + '"}'
    for _ in range(90):
        user.call("session.create", kai.SessionCreateRequest(db_connection_id=server.alias, metadata=metadata))
    try:
        page = server.admin.call("session.list", kai.SessionListRequest(page=kai.Page(limit=1000))).message
        return False, f"{len(page.sessions)} of {page.total} sessions on the first page"
    except Failure as failure:
        return True, f"nobody can list sessions any more: {failure}"


def no_descriptors(server):
    pid = server.process.pid
    most = len(os.listdir(f"/proc/{pid}/fd")) + 20
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (most, most))
    host, port = server.address.rsplit(":", 1)
    peers = [socket.create_connection((host, int(port)), timeout=2) for _ in range(most + 60)]
    time.sleep(0.5)
    before = server.cpu_seconds()
    time.sleep(2)
    spent = server.cpu_seconds() - before
    for peer in peers:
        peer.close()
    came_in, deadline = False, time.monotonic() + 5
    while not came_in and time.monotonic() < deadline:
        try:
            server.connect(server.admin_key).call("server.info")
            came_in = True
        except (Failure, OSError, AssertionError):
            time.sleep(0.2)
    after = "came in afterwards" if came_in else "stayed out"
    return spent > 1 or not came_in, f"{spent:.1f} s of a processor in 2 s; a newcomer {after}"


def deaf_downloads(server):
    key = server.key(kai.ROLE_USER)
    client = server.connect(key)
    session = client.call("session.create", kai.SessionCreateRequest(db_connection_id=server.alias)).message.id
    content = os.urandom(48 << 20)
    client.upload("artifact.put", kai.ArtifactPutRequest(
        session_id=session, path="large", media_type="application/octet-stream", size=len(content),
        sha256=hashlib.sha256(content).digest()), content)
    for _ in range(40):
        try:
            reader = deaf(server, key)
            stream = reader.open("artifact.get", kai.ArtifactRef(session_id=session, path="large"))
            reader.send(0x14, stream.number, struct.pack(">II", 1 << 30, 1 << 20))
        except (OSError, Failure, AssertionError):
            if not server.is_alive:
                break
    time.sleep(3)
    peak = server.resident("VmHWM")
    return not server.is_alive or peak > 300, f"peak {peak} MiB, {'alive' if server.is_alive else 'DEAD'}"


ALL = [
    Attack("a query of combining marks", "text", unicode_queries),
    Attack("memories of combining marks", "text", unicode_memories),
    Attack("requests of which the last bytes never come", "memory", half_requests),
    Attack("farewells of which the last bytes never come", "memory", half_farewells),
    Attack("answers, which no client gives, of which the last bytes never come", "memory", half_answers),
    Attack("800 uploads at once", "memory", uploads),
    Attack("replies that nobody reads", "memory", unread_replies),
    Attack("downloads that nobody reads", "congestion,memory", deaf_downloads),
    Attack("a flood of large reads", "turns,memory", fair_reads),
    Attack("a flood of large writes", "turns", fair_writes),
    Attack("a queue of 350 MiB, and why its last task waits", "", whole_queues),
    Attack("tasks of one key in all places of the queue", "places", whole_queue_places, ("--max-queued", "200")),
    Attack("a flood of silent handshakes", "handshakes", handshake_flood),
    Attack("all connections for one key", "places", all_places, ("--max-connections", "50")),
    Attack("a frame that trickles", "rate", trickle),
    Attack("more connections than descriptors", "accept", no_descriptors),
    Attack("sessions with large metadata", "pages", large_pages),
]
