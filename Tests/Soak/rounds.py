"""What a user does in one round: makes sessions, does everything with them that users do, and deletes them again."""

import hashlib, os, random, secrets, time

from counted import Broken, User
from world import ALIAS, CUSTOMERS, ORDERS, kai

QUESTIONS = [
    ("how many orders are there?", str(ORDERS)),
    ("how many customers are there?", str(CUSTOMERS)),
    ("how many orders by city?", "199"),
    ("which customer has the most orders?", "Ben"),
]
PROFILE = ("give me a full profile of this database", "410 rows")
ENDED = (kai.TASK_STATUS_COMPLETED, kai.TASK_STATUS_PARTIAL, kai.TASK_STATUS_FAILED, kai.TASK_STATUS_CANCELLED)


class Round:
    """A round has one session; parts of it make more. With `leaks`, the control, none is ever deleted."""

    def __init__(self, user, node_user, random, leaks=False):
        self.user, self.node_user, self.random, self.leaks, self.sessions = user, node_user, random, leaks, []
        self.word = secrets.token_hex(4)

    def run(self, parts=None):
        try:
            self.session = self.create()
            self.ask(self.session)
            for part in parts or self.random.sample(PARTS, 5):
                part(self)
        except Broken:
            pass
        finally:
            self.end()

    def end(self):
        for session in [] if self.leaks else reversed(self.sessions):
            try:
                self.user.call("session.delete", kai.SessionRef(id=session), may_fail=("not_found",))
            except Broken:
                pass

    def own(self, session):
        self.sessions.append(session.id)
        return session.id

    def create(self, alias=ALIAS, **more):
        title = f"round {self.word}"
        return self.own(self.user.call("session.create", kai.SessionCreateRequest(
            db_connection_id=alias, title=title, metadata='{"made by": "soak"}', **more)))

    def submit(self, session, prompt):
        return self.user.call("task.submit", kai.TaskSubmitRequest(session_id=session, prompt=prompt)).id

    def task(self, task):
        return self.user.call("task.get", kai.TaskRef(id=task))

    def ask(self, session, question=None):
        """Asks, watches until the task has ended, and looks at the answer."""
        prompt, wanted = question or self.random.choice(QUESTIONS)
        task = self.submit(session, prompt)
        events = [item.message for item in self.user.items("task.watch", kai.TaskWatchRequest(task_id=task, tokens=True))]
        ended = self.task(task)
        self.user.expect("task.watch", events and events[-1].kind == kai.EVENT_KIND_TASK_FINISHED, "the last event of a task")
        self.user.expect("answer", ended.status == kai.TASK_STATUS_COMPLETED and wanted in ended.result.answer,
                         f"{prompt} -> status {ended.status}, {ended.result.answer[:200]} {ended.result.error.message}")
        return task

    def wait(self, task, *statuses):
        """Polls until the task has such a status."""
        deadline = time.monotonic() + 60
        while True:
            found = self.task(task)
            if found.status in statuses:
                return found
            self.user.expect("task.get", time.monotonic() < deadline, f"status {found.status} after 60 s: {found.reason}")
            time.sleep(0.02)

    # The parts.

    def cancel_tasks(self):
        tasks = [self.submit(self.session, PROFILE[0]) for _ in range(3)]
        time.sleep(self.random.random() * 0.3)
        for task in tasks:
            self.user.call("task.cancel", kai.TaskRef(id=task, note="soak"), may_fail=("invalid_transition", "failed_precondition"))
        for task in tasks:
            self.wait(task, *ENDED)

    def profile(self):
        self.ask(self.session, PROFILE)
        for artifact in self.user.call("artifact.list", kai.ArtifactListRequest(session_id=self.session)).artifacts:
            got = self.user.items("artifact.get", kai.ArtifactRef(session_id=self.session, path=artifact.path))
            content = b"".join(item.attachment for item in got)
            self.user.expect("artifact.get", hashlib.sha256(content).digest() == artifact.sha256, artifact.path)

    def fork(self):
        fork = self.own(self.user.call("session.fork", kai.SessionForkRequest(id=self.session)))
        self.ask(fork)
        if self.random.random() < 0.5:  # The parent goes first, and the fork's steps stay.
            grandchild = self.own(self.user.call("session.fork", kai.SessionForkRequest(id=fork, step=2)))
            self.delete(fork)
            self.ask(grandchild)

    def retry(self):
        task = self.ask(self.session)
        head = self.user.call("session.get", kai.SessionRef(id=self.session)).head_step
        again = self.user.call("task.retry", kai.TaskRetryRequest(id=task, from_step=head - 2, note="soak"))
        self.sessions.append(again.session_id)
        self.wait(again.id, *ENDED)

    def delete(self, session):
        if not self.leaks:
            self.user.call("session.delete", kai.SessionRef(id=session))
            self.sessions.remove(session)

    def delete_running(self):
        session = self.create()
        for _ in range(2):
            self.submit(session, PROFILE[0])
        time.sleep(self.random.random() * 0.2)
        self.delete(session)

    def export_and_import(self):
        items = self.user.items("session.export", kai.SessionExportRequest(id=self.session))
        archive = b"".join(item.attachment for item in items)
        request = kai.SessionImportRequest(db_connection_id=ALIAS, as_new=True)
        copy = self.own(self.user.upload("session.import", request, archive))
        heads = [self.user.call("session.get", kai.SessionRef(id=session)).head_step for session in (self.session, copy)]
        self.user.expect("session.import", heads[0] == heads[1] > 0, f"heads {heads}")
        self.ask(copy)

    def artifacts(self):
        content = os.urandom(self.random.choice([0, 1_000, 300_000, 1_500_000]))
        file = dict(session_id=self.session, path="in/data.bin")
        put = kai.ArtifactPutRequest(size=len(content), sha256=hashlib.sha256(content).digest(), **file)
        for _ in range(2):
            self.user.upload("artifact.put", put, content)
        got = self.user.items("artifact.get", kai.ArtifactRef(**file))
        self.user.expect("artifact.get", b"".join(item.attachment for item in got) == content, "the bytes that were put")
        if self.random.random() < 0.5:
            self.user.call("artifact.delete", kai.ArtifactRef(**file))

    def memories(self):
        for scope in ("shared", self.session):
            name = dict(db_connection_id=ALIAS, scope=scope, namespace="facts/soak", key=self.word)
            for text in ("the first", "the second"):
                self.user.call("memory.remember", kai.MemoryRememberRequest(content=f"{text} zebra{self.word} of the soak", **name))
            hits = self.user.call("memory.recall", kai.MemoryRecallRequest(
                db_connection_id=ALIAS, session_id=self.session, query=f"zebra{self.word}", explain=True)).hits
            self.user.expect("memory.recall", hits and hits[0].memory.key == self.word, f"{len(hits)} hits")
            ref = kai.MemoryRef(**name)
            self.user.expect("memory.history", len(self.user.call("memory.history", ref).versions) == 2, "two versions")
            self.user.call("memory.undo", kai.MemoryUndoRequest(memory=ref))
            self.user.call("memory.list", kai.MemoryListRequest(db_connection_id=ALIAS, scope=scope))
            self.user.call("memory.forget", kai.MemoryForgetRequest(**name))
            self.user.call("memory.get", ref, may_fail=("not_found",))
        self.user.call("memory.remember", kai.MemoryRememberRequest(content="goes with its session", **name))

    def vectors(self):
        """What a node with an embedder does."""
        space = "soak:16"
        for scope in ("shared", self.session):
            name = dict(db_connection_id=ALIAS, scope=scope, namespace="vectors", key=self.word)
            made = self.user.call("memory.remember", kai.MemoryRememberRequest(content=f"lion{self.word}", **name))
            vector = kai.MemoryVector(id=made.id, version=made.version, vector=os.urandom(16))
            self.node_user.call("embedding.missing", kai.UnembeddedRequest(model=space))
            self.node_user.call("embedding.put", kai.EmbedRequest(model=space, vectors=[vector]))
            self.user.call("memory.recall", kai.MemoryRecallRequest(
                db_connection_id=ALIAS, session_id=self.session, query="a lion",
                embedding=kai.Embedding(model=space, vector=vector.vector)))
            self.user.call("memory.forget", kai.MemoryForgetRequest(**name))

    def blocks(self):
        for scope in ("shared", self.session):
            ref = dict(db_connection_id=ALIAS, scope=scope, label=f"block {self.word}")
            self.user.call("block.put", kai.BlockPutRequest(block=kai.MemoryBlock(value="a text " * 20, **ref)))
            self.user.call("block.get", kai.BlockRef(**ref))
            self.user.call("block.list", kai.BlockListRequest(db_connection_id=ALIAS, session_id=self.session))
            self.user.call("block.delete", kai.BlockRef(**ref))

    def knowledge(self):
        name = dict(db_connection_id=ALIAS, kind=kai.KNOWLEDGE_KIND_SQL, name=f"How tall is the giraffe {self.word}?")
        self.user.call("knowledge.put", kai.KnowledgePutRequest(knowledge=kai.Knowledge(sql="SELECT count(*) FROM products", **name)))
        hits = self.user.call("knowledge.search", kai.KnowledgeSearchRequest(
            db_connection_id=ALIAS, kind=name["kind"], query=name["name"])).hits
        self.user.expect("knowledge.search", any(hit.knowledge.name == name["name"] for hit in hits), f"{len(hits)} hits")
        self.user.call("knowledge.background", kai.BackgroundRequest(
            db_connection_id=ALIAS, session_id=self.session, question=name["name"]))
        self.user.call("knowledge.list", kai.KnowledgeListRequest(db_connection_id=ALIAS))
        self.user.call("knowledge.delete", kai.KnowledgeRef(**name))

    def changes_and_lists(self):
        ref = kai.SessionRef(id=self.session)
        key = secrets.token_bytes(16)
        update = kai.SessionUpdateRequest(id=self.session, title=f"other {self.word}", metadata_patch='{"x": [1, 2], "made by": null}')
        versions = [self.user.call("session.update", update, key=key).version for _ in range(2)]
        self.user.expect("session.update", versions[0] == versions[1], "the answer of the first one")
        found = self.user.call("session.list", kai.SessionListRequest(title_contains=self.word.upper(), page=kai.Page(limit=1)))
        self.user.expect("session.list", found.total >= 1, f"{found.total} sessions of this round")
        self.user.call("task.list", kai.TaskListRequest(session_id=self.session))
        self.user.call("checkpoint.list", kai.CheckpointListRequest(session_id=self.session, page=kai.Page(limit=2)))
        self.user.items("checkpoint.fetch", kai.CheckpointFetchRequest(session_id=self.session, full=True))
        for method in ("session.pause", "session.resume", "session.close", "session.reopen"):
            self.user.call(method, ref)
        self.user.call("session.prune", kai.SessionPruneRequest(id=self.session, retention=kai.Retention(steps=3)))
        self.user.call("schema.get", kai.SchemaGetRequest(db_connection_id=ALIAS))
        self.user.call("connection.list", kai.ConnectionListRequest())

    def approvals(self):
        policy = kai.SessionPolicy(approval=kai.APPROVAL_RULE_TOOLS, approval_tools=["sql_query"])
        task = self.submit(self.create(policy=policy), QUESTIONS[0][0])
        while (found := self.wait(task, kai.TASK_STATUS_WAITING, *ENDED)).status == kai.TASK_STATUS_WAITING:
            verdict = self.random.choice([kai.ANSWER_VERDICT_APPROVE, kai.ANSWER_VERDICT_DENY])
            self.user.call("task.answer", kai.TaskAnswerRequest(id=task, question_id=found.question.id, verdict=verdict))

    def own_connection(self):
        """A database of its own, asked, changed and deleted again."""
        alias = f"c{self.word}"
        uri = f"sqlite://{self.user.world.databases}/shop.db"
        self.user.call("connection.create", kai.ConnectionCreateRequest(id=alias, uri=uri))
        session = self.create(alias)
        self.ask(session)
        self.user.call("connection.update", kai.ConnectionUpdateRequest(id=alias, description="of one round"))
        self.user.call("connection.get", kai.ConnectionRef(id=alias))
        if not self.leaks:
            self.delete(session)
            admin = User(self.user.world, self.user.tally, self.user.world.admin_key)
            admin.call("connection.delete", kai.ConnectionRef(id=alias))
            admin.close()


PARTS = [
    Round.cancel_tasks, Round.profile, Round.fork, Round.retry, Round.delete_running, Round.export_and_import, Round.artifacts,
    Round.memories, Round.vectors, Round.blocks, Round.knowledge, Round.changes_and_lists, Round.approvals, Round.own_connection,
]
