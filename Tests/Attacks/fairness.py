"""Attacks that make others wait, or keep them out."""

import socket, statistics, time

from clients import ask, fill_memories, incompressible
from server import Failure, Quiet, kai

READS_OF_A_TURN = 30


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
