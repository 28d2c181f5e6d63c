"""Asks for one small thing again and again, and prints once a second how long each call took.

Usage: probe.py ADDRESS SESSION, with the key as the first line of its input. It ends with its input.

Each line is JSON: the milliseconds of the calls, those of an echo of 64 bytes by another process, which say how busy the machine is, and
how many calls failed. It is a process of its own, or it would wait for the users' threads instead of for the service.
"""

import json, os, pathlib, socket, sys, threading, time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "examples/python"))
from kai_wire import Connection, Failure, kai  # noqa: E402

over = threading.Event()


def start_echo():
    ours, theirs = socket.socketpair()
    if os.fork() == 0:
        ours.close()
        while data := theirs.recv(64):
            theirs.sendall(data)
        os._exit(0)
    theirs.close()
    return ours


def timed(action):
    start = time.monotonic()
    action()
    return round((time.monotonic() - start) * 1000, 3)


def echo_once(echo):
    echo.sendall(bytes(64))
    echo.recv(64)


def wait():
    sys.stdin.read()
    over.set()


def main(address, session):
    echo, key = start_echo(), sys.stdin.readline()
    threading.Thread(target=wait, daemon=True).start()
    client, printed = None, time.monotonic()
    calls, echoes, failed = [], [], 0
    while not over.is_set():
        try:
            client = client or Connection(address, key)
            calls.append(timed(lambda: client.call("session.get", kai.SessionRef(id=session))))
        except (Failure, OSError, AssertionError):
            client, failed = None, failed + 1
        echoes.append(timed(lambda: echo_once(echo)))
        if time.monotonic() - printed > 1:
            print(json.dumps({"calls": calls, "echoes": echoes, "failed": failed}), flush=True)
            calls, echoes, failed, printed = [], [], 0, time.monotonic()
        time.sleep(0.025)


main(sys.argv[1], sys.argv[2])
