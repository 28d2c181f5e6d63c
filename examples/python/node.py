"""A node, written from docs/PROTOCOL.md, section 10. Its "model" repeats the question; what a real one does stands in its place.

Usage: node.py HOST:PORT KEYFILE      (a key of the role agent)
"""

import hashlib, pathlib, sys, threading, time, zlib

from kai_wire import Connection, Failure, kai

LOST = ("fenced", "lease_expired", "conflict", "not_found")


class Node:
    def __init__(self, connection, name="python", slots=2):
        self.connection, self.name, self.slots = connection, name, slots
        self.leases, self.stops, self.news, self.is_draining = {}, {}, threading.Event(), False

    def run(self):
        """Serves until the stream ends or the node is drained."""
        attach = kai.NodeAttachRequest(name=self.name, slots=self.slots, version="1", model="echo")
        attach.labels.add(key="language", value="python")
        self.stream = self.connection.stream("node.attach", attach)
        welcome = self.stream.next()[0].message.welcome
        self.id, self.interval = welcome.node_id, welcome.heartbeat_interval_ms / 1000
        threading.Thread(target=self.beat, daemon=True).start()
        try:
            for item in self.stream:
                self.hear(item.message)
        except Failure as end:
            if not (self.is_draining and end.name == "cancelled"):
                raise

    def hear(self, item):
        if item.HasField("assignment"):
            self.leases[item.assignment.task.id] = item.assignment.epoch
            self.news.set()  # It must be named in a heartbeat within 2 s.
            threading.Thread(target=self.work, args=(item.assignment,), daemon=True).start()
        elif item.HasField("revoke"):
            self.revoke(item.revoke)
        elif item.drain:
            self.drain()

    def drain(self):
        self.is_draining = True
        self.news.set()

    def revoke(self, revoked):
        if self.leases.get(revoked.task_id) == revoked.epoch:
            self.stops[revoked.task_id] = revoked

    def beat(self):
        while True:
            self.news.wait(self.interval)
            self.news.clear()
            held = [kai.LeaseRef(task_id=task, epoch=epoch) for task, epoch in list(self.leases.items())]
            beat = kai.NodeHeartbeatRequest(node_id=self.id, leases=held, draining=self.is_draining)
            try:
                answer = self.connection.call("node.heartbeat", beat, timeout_ms=2_000).message
            except Failure:
                return
            for lost in answer.lost:
                self.revoke(kai.LeaseRevoked(task_id=lost.task_id, epoch=lost.epoch))
            for revoked in answer.revoked:
                self.revoke(revoked)
            if self.is_draining and not self.leases:
                return self.stream.cancel()

    def work(self, assignment):
        try:
            Execution(self, assignment).run()
        except Failure as failure:
            if failure.name not in LOST:  # Then it is somebody else's; else the lease runs out, and another node goes on.
                print(f"{assignment.task.id}: {failure}", file=sys.stderr)
        del self.leases[assignment.task.id]
        self.stops.pop(assignment.task.id, None)
        self.news.set()


class Execution:
    """One execution of one task."""

    def __init__(self, node, assignment):
        self.node, self.task = node, assignment.task
        self.fence = kai.Fence(session_id=self.task.session_id, task_id=self.task.id, node_id=node.id, epoch=assignment.epoch)

    def run(self):
        entries, self.step = transcript(self.node.connection, self.task.session_id)
        mine, begun = [], False
        for entry in entries:
            if entry.HasField("task_started"):
                begun = entry.task_started.task_id == self.task.id
            mine += [entry] if begun else []
        resumed = any(entry.HasField("task_started") for entry in mine)
        started = kai.TaskStartedEntry(
            task_id=self.task.id, attempt=self.task.attempt, node_name=self.node.name, resumed=resumed, from_step=self.step
        )
        entries = [entry_of(task_started=started)]
        if self.task.question.HasField("answer") and mine and mine[-1].HasField("question"):
            entries.append(entry_of(answer=self.task.question.answer))
        if not any(entry.HasField("user") for entry in mine):
            entries.append(entry_of(user=kai.UserEntry(text=self.task.prompt)))
        event = kai.Event(kind=kai.EVENT_KIND_TASK_STARTED, attempt=self.task.attempt, node_name=self.node.name)
        self.commit(kai.CHECKPOINT_KIND_INPUT, "begins", entries, [event])
        if not self.should_stop():
            self.answer(mine + entries)

    def answer(self, mine):
        """In the place of a model and its tools."""
        token = kai.Event(kind=kai.EVENT_KIND_TOKEN, text="You ")
        self.node.connection.call("node.emit", kai.NodeEmitRequest(fence=self.fence, events=[token]))
        answers = [entry.answer.text for entry in mine if entry.HasField("answer")]
        if self.task.prompt.startswith("ask") and not answers:
            ask = kai.TaskQuestion(kind=kai.QUESTION_KIND_INPUT, text="Which one?", id=f"q{self.step + 1}")
            return self.commit(kai.CHECKPOINT_KIND_QUESTION, "asks", [entry_of(question=ask)], ask=ask)
        while self.task.prompt.startswith("wait"):
            if self.should_stop():
                return
            time.sleep(0.05)
        text = "You asked: " + self.task.prompt + "".join(f" You said: {answer}" for answer in answers)
        self.upload("answer.txt", text.encode())
        written = kai.Event(kind=kai.EVENT_KIND_ARTIFACT_WRITTEN, text="answer.txt")
        given = kai.Event(kind=kai.EVENT_KIND_ANSWER_GIVEN, text=text)
        finish = kai.TaskResult(status=kai.TASK_STATUS_COMPLETED, answer=text, artifacts=["answer.txt"], resumed=bool(answers))
        done = kai.TaskFinishedEntry(task_id=self.task.id, status=finish.status)
        entries = [entry_of(assistant=kai.AssistantEntry(text=text, model="echo")), entry_of(task_finished=done)]
        self.commit(kai.CHECKPOINT_KIND_FINAL, "answers", entries, [written, given], finish=finish)

    def should_stop(self):
        """Does what a revocation wants, or the answer to the last commit. True when nothing more may be written."""
        revoked = self.node.stops.get(self.task.id)
        if self.told.cancel or (revoked and revoked.cancelled):
            finish = kai.TaskResult(status=kai.TASK_STATUS_CANCELLED)
            done = kai.TaskFinishedEntry(task_id=self.task.id, status=finish.status)
            self.commit(kai.CHECKPOINT_KIND_FINAL, "cancelled", [entry_of(task_finished=done)], finish=finish)
        elif self.told.pause or (revoked and revoked.at_step_boundary):
            self.commit(kai.CHECKPOINT_KIND_STEP, "hands the task back", [], release=True)
        return bool(self.told.cancel or self.told.pause or revoked)

    def commit(self, kind, summary, entries, events=(), **end):
        body = zlib.compress(kai.CheckpointBody(entries=entries).SerializeToString())
        request = kai.CommitRequest(
            fence=self.fence, parent_step=self.step, kind=kind, summary=summary, body_bytes=len(body), body_crc=zlib.crc32(body),
            events=events, **end
        )
        self.told = self.node.connection.call("checkpoint.commit", request, body).message
        self.step = self.told.step

    def upload(self, path, content):
        request = kai.ArtifactPutRequest(
            session_id=self.fence.session_id, path=path, size=len(content), sha256=hashlib.sha256(content).digest(), fence=self.fence
        )
        self.node.connection.upload("artifact.put", request, content)


def transcript(connection, session_id):
    """A session's entries, and its newest step (sections 8 and 10)."""
    entries, step = [], 0
    for item in connection.stream("checkpoint.fetch", kai.CheckpointFetchRequest(session_id=session_id)):
        at, body = item.message, item.attachment
        if at.snapshot_bytes:  # It stands for all before it, and for this step too.
            entries, body = [], item.attachment[at.body_bytes :]
        assert zlib.crc32(body) == (at.snapshot_crc if at.snapshot_bytes else at.body_crc)
        entries += kai.CheckpointBody.FromString(zlib.decompress(body)).entries
        step = at.step
    return entries, step


def entry_of(**part):
    return kai.TranscriptEntry(at=time.time_ns() // 1000, **part)


if __name__ == "__main__":
    Node(Connection(sys.argv[1], pathlib.Path(sys.argv[2]).read_text())).run()
