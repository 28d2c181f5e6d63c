"""The attacks: each says what it did, and whether it has done harm. With its guard off it must."""

import dataclasses, hashlib, os, resource, socket, struct, time
from typing import Callable

import fairness
import nodes
from clients import GOAWAY, REQUEST, RESPONSE, UPLOAD, ask, deaf, fill_memories, header, memory_is_gone
from server import Failure, kai


@dataclasses.dataclass
class Attack:
    name: str
    # The guards that are off in the control; empty where there is no switch: what is never read whole has no other way.
    guard: str
    run: Callable
    options: tuple = ()


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
    Attack("a query of combining marks", "text", fairness.unicode_queries),
    Attack("memories of combining marks", "text", fairness.unicode_memories),
    Attack("requests of which the last bytes never come", "memory", half_requests),
    Attack("farewells of which the last bytes never come", "memory", half_farewells),
    Attack("answers, which no client gives, of which the last bytes never come", "memory", half_answers),
    Attack("800 uploads at once", "memory", uploads),
    Attack("replies that nobody reads", "memory", unread_replies),
    Attack("downloads that nobody reads", "congestion,memory", deaf_downloads),
    Attack("a flood of large reads", "turns,memory", fairness.fair_reads),
    Attack("a flood of large writes", "turns", fairness.fair_writes),
    Attack("a queue of 350 MiB, and why its last task waits", "", whole_queues),
    Attack("tasks of one key in all places of the queue", "places", fairness.whole_queue_places, ("--max-queued", "200")),
    Attack("a flood of silent handshakes", "handshakes", fairness.handshake_flood),
    Attack("all connections for one key", "places", fairness.all_places, ("--max-connections", "50")),
    Attack("a frame that trickles", "rate", trickle),
    Attack("more connections than descriptors", "accept", no_descriptors),
    Attack("sessions with large metadata", "pages", large_pages),
    Attack("a model that makes a file of 80 GB", "", nodes.edit_bomb),
    Attack("a model whose answer does not end", "", nodes.endless_answer),
    Attack("a database whose views double", "", nodes.doubling_views),
]
