"""Asks for one small thing again and again, until its input ends, and prints how many seconds the slowest call took.

Usage: quiet.py ADDRESS SESSION, with the key as the first line of its input
"""

import pathlib, sys, threading, time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "examples/python"))
from kai_wire import Connection, kai  # noqa: E402

over = threading.Event()


def ask(client, session):
    """Returns the slowest call's seconds."""
    slowest = 0.0
    while not over.is_set():
        start = time.monotonic()
        try:
            client.call("session.get", kai.SessionRef(id=session), timeout_ms=10_000)
        except Exception:
            if client.end:
                break
        slowest = max(slowest, time.monotonic() - start)
        time.sleep(0.02)
    return slowest


def wait():
    sys.stdin.read()
    over.set()


client = Connection(sys.argv[1], sys.stdin.readline())
print("ready", flush=True)
threading.Thread(target=wait, daemon=True).start()
print(f"{ask(client, sys.argv[2]):.3f}")
