"""The whole life of a session, every answer checked: what a client and a node may count on.

Usage: client.py HOST:PORT KEYFILE      (a key of the role admin, of a kai-session that may be played with)
"""

import hashlib, json, pathlib, random, sys, threading, time, zlib

from kai_wire import DOCS, Connection, Failure, kai
from node import Node, transcript


def refused(name, call, *arguments, **named):
    try:
        answer = call(*arguments, **named)
    except Failure as failure:
        assert failure.name == name, f"{failure}, not {name}"
        return
    raise AssertionError(f"{answer} instead of {name}")


def until(what, condition, seconds=20):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"no {what} after {seconds} s"
        time.sleep(0.02)


def golden_messages():
    for line in (DOCS / "vectors/messages.jsonl").read_text().splitlines():
        vector = json.loads(line)
        data = bytes.fromhex(vector["hex"])
        assert getattr(kai, vector["message"]).FromString(data).SerializeToString(deterministic=True) == data, line


def new_key(admin, role, **limits):
    made = admin.call("key.create", kai.KeyCreateRequest(name="python", role=role, **limits)).message
    return f"{made.id}:{made.secret}"


def main(address, admin_key):
    golden_messages()
    admin = Connection(address, admin_key)
    assert admin.role == kai.ROLE_ADMIN and admin.limits.max_streams == 256
    user = Connection(address, new_key(admin, kai.ROLE_USER))
    key_id, secret = new_key(admin, kai.ROLE_AGENT).split(":")
    refused("unauthenticated", Connection, address, f"{key_id}:{secret[::-1]}")
    refused("forbidden", user.call, "key.list")
    alias = f"python-{random.randrange(10**9)}"
    wanted = kai.ConnectionCreateRequest(id=alias, uri="sqlite:///no/such/file.db")
    assert admin.call("connection.create", wanted).message.dialect == kai.DIALECT_SQLITE

    # A session; a request that is repeated is answered and not done twice.
    create = kai.SessionCreateRequest(db_connection_id=alias, mode=kai.SESSION_MODE_QUERY, title="Ünïcode", metadata='{"a": 1}')
    first = user.call("session.create", create, key=b"a key of mine")
    again = user.call("session.create", create, key=b"a key of mine")
    assert (first.replayed, again.replayed) == (False, True) and first.message == again.message
    session = first.message
    assert session.status == kai.SESSION_STATUS_ACTIVE and session.recursion_limit == 100 and session.metadata == '{"a":1}'
    create.title = "another"
    refused("idempotency_mismatch", user.call, "session.create", create, key=b"a key of mine")
    refused("invalid_json", user.call, "session.create", kai.SessionCreateRequest(db_connection_id=alias, metadata="[]"))
    ref = kai.SessionRef(id=session.id)
    refused("stale_version", user.call, "session.pause", kai.SessionRef(id=session.id, if_version=7))

    # A task that no node will do waits; with a node it is done, and whoever watches sees it.
    def submit(prompt, to=session.id, **more):
        return user.call("task.submit", kai.TaskSubmitRequest(session_id=to, prompt=prompt, **more)).message

    def get(task):
        return user.call("task.get", kai.TaskRef(id=task.id)).message

    other = user.call("session.fork", kai.SessionForkRequest(id=session.id)).message
    stranger = submit("hello", other.id, labels=[kai.Label(key="team", value="sales")])
    node = Node(Connection(address, f"{key_id}:{secret}"))
    running = threading.Thread(target=node.run, daemon=True)
    running.start()
    task = submit("hello, node", context="It travels compressed. " * 50, labels=[kai.Label(key="language", value="python")])
    watch = kai.TaskWatchRequest(task_id=task.id, tokens=True)
    events = [item.message for item in user.stream("task.watch", watch)]
    stored = [event.kind for event in events if event.seq]
    wanted = "TASK_QUEUED TASK_STARTED STEP_COMMITTED ARTIFACT_WRITTEN ANSWER_GIVEN STEP_COMMITTED TASK_FINISHED".split()
    assert stored == [getattr(kai, "EVENT_KIND_" + kind) for kind in wanted], events
    assert events[-1].result.answer == "You asked: hello, node" == get(task).result.answer
    assert get(stranger).status == kai.TASK_STATUS_QUEUED
    user.call("session.delete", kai.SessionRef(id=other.id))

    # It asks; the answer goes to the node.
    task = submit("ask me")
    until("question", lambda: get(task).status == kai.TASK_STATUS_WAITING)
    asked = get(task).question
    user.call("task.answer", kai.TaskAnswerRequest(id=task.id, question_id=asked.id, verdict=kai.ANSWER_VERDICT_REPLY, text="this one"))
    until("end", lambda: get(task).status == kai.TASK_STATUS_COMPLETED)
    assert get(task).result.answer == "You asked: ask me You said: this one"

    # It is paused, goes back to the queue, goes on, and is cancelled.
    task = submit("wait")
    until("node", lambda: get(task).status == kai.TASK_STATUS_RUNNING)
    user.call("session.pause", ref)
    until("step boundary", lambda: get(task).status == kai.TASK_STATUS_QUEUED)
    assert get(task).attempt == 0
    user.call("session.resume", ref)
    until("node", lambda: get(task).status == kai.TASK_STATUS_RUNNING)
    user.call("task.cancel", kai.TaskRef(id=task.id))
    until("end", lambda: get(task).status == kai.TASK_STATUS_CANCELLED)

    # The transcript says all that; a fork has it, too.
    entries, head = transcript(user, session.id)
    assert [entry.user.text for entry in entries if entry.HasField("user")] == ["hello, node", "ask me", "wait"]
    fork = user.call("session.fork", kai.SessionForkRequest(id=session.id)).message
    assert fork.head_step == head and transcript(user, fork.id)[0] == entries
    page = kai.Page(limit=2)
    steps = user.call("checkpoint.list", kai.CheckpointListRequest(session_id=session.id, page=page)).message
    assert steps.total == head and [step.step for step in steps.checkpoints] == [head, head - 1] and steps.next_cursor

    # Files go both ways, also those that are larger than any window.
    content = random.Random(1).randbytes(5_000_000)
    put = kai.ArtifactPutRequest(session_id=session.id, path="in/b.bin", size=len(content), sha256=hashlib.sha256(content).digest())
    assert user.upload("artifact.put", put, content).message.version == 1
    got = b"".join(item.attachment for item in user.stream("artifact.get", kai.ArtifactRef(session_id=session.id, path="in/b.bin")))
    assert got == content
    got = b"".join(item.attachment for item in user.stream("artifact.get", kai.ArtifactRef(session_id=session.id, path="answer.txt")))
    assert got == b"You asked: ask me You said: this one"
    refused("invalid_argument", user.upload, "artifact.put", put, content[:-1] + b"?")
    put.path = "../b.bin"
    refused("path_refused", user.upload, "artifact.put", put, content)

    # Fences: a lease that is over, forged or somebody else's writes nothing; a repeated commit is known by what it says.
    fences(address, f"{key_id}:{secret}", submit("wait"), node, get, head)

    # The end.
    user.call("session.close", ref)
    refused("session_closed", submit, "too late")
    gone = user.call("session.delete", ref).message
    assert gone.artifacts == 2 and gone.tasks == 4
    refused("not_found", user.call, "session.get", ref)
    node.drain()
    running.join(10)
    assert not running.is_alive()
    user.call("session.delete", kai.SessionRef(id=fork.id))
    admin.call("connection.delete", kai.ConnectionRef(id=alias))
    print("python: a session's life, a node's work, files and fences: all as the documents say")


def fences(address, agent_key, task, node, get, head):
    agent = Connection(address, agent_key)

    def steps():
        return agent.call("checkpoint.list", kai.CheckpointListRequest(session_id=task.session_id)).message.total

    until("first step", lambda: steps() == head + 1)
    head, body = head + 1, zlib.compress(b"")
    good = kai.Fence(session_id=task.session_id, task_id=task.id, node_id=node.id, epoch=node.leases[task.id])

    def commit(parent=head, good=good, snapshot=b"", **change):
        request = kai.CommitRequest(fence=good, parent_step=parent, kind=kai.CHECKPOINT_KIND_FINAL, **change)
        request.body_bytes, request.body_crc = len(body), zlib.crc32(body)
        request.snapshot_bytes, request.snapshot_crc = len(snapshot), zlib.crc32(snapshot)
        return agent.call("checkpoint.commit", request, body + snapshot)

    def fence(**change):
        return kai.Fence.FromString(good.SerializeToString() + kai.Fence(**change).SerializeToString())  # The last one counts.

    refused("fenced", commit, good=fence(epoch=good.epoch - 1))
    refused("fenced", commit, good=fence(epoch=good.epoch + 1))
    refused("fenced", commit, good=fence(node_id="node_000000000000"))
    refused("conflict", commit, parent=head - 1)
    refused("bad_checksum", agent.call, "checkpoint.commit", kai.CommitRequest(fence=good, parent_step=head, body_bytes=len(body)), body)
    forged = [kai.Event(kind=kai.EVENT_KIND_TASK_FINISHED)]
    refused("invalid_argument", commit, events=forged)
    refused("invalid_argument", agent.call, "node.emit", kai.NodeEmitRequest(fence=good, events=forged))
    put = kai.ArtifactPutRequest(session_id=task.session_id, path="forged", sha256=hashlib.sha256(b"").digest())
    refused("invalid_argument", agent.upload, "artifact.put", put, b"")
    put.fence.CopyFrom(good)
    put.fence.epoch += 1
    refused("fenced", agent.upload, "artifact.put", put, b"")
    whole = zlib.compress(kai.CheckpointBody(entries=transcript(agent, task.session_id)[0][:2]).SerializeToString())
    end = {"finish": kai.TaskResult(status=kai.TASK_STATUS_PARTIAL, answer="enough"), "snapshot": whole}
    assert commit(**end).message.step == head + 1 == commit(**end).message.step
    refused("fenced", commit, parent=head + 1)
    assert get(task).result.answer == "enough" and steps() == head + 1
    assert [len(transcript(agent, task.session_id)[0]), transcript(agent, task.session_id)[1]] == [2, head + 1]  # The snapshot counts.


if __name__ == "__main__":
    main(sys.argv[1], pathlib.Path(sys.argv[2]).read_text())
