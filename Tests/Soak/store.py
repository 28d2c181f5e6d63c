"""Looks into kai.db, read-only: how much of it lives, and how many rows each table has."""

import sqlite3

# What is kept for 24 hours by design, so that a repeated request is answered and not done twice (docs/OPERATIONS.md, "What is kept").
REPLIES = ("replies", "replies_by_age", "replies_without_subjects", "reply_subjects", "reply_subjects_by_reply")


def open_store(data):
    return sqlite3.connect(f"file:{data}/kai.db?mode=ro", uri=True, timeout=10)


def live_bytes(data):
    """Bytes of the pages that hold something, those in the log among them."""
    store = open_store(data)
    try:
        pages, free, size = (store.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count", "page_size"))
        return (pages - free) * size
    finally:
        store.close()


class Contents:
    """What there is at a quiet moment."""

    def __init__(self, data):
        store = open_store(data)
        try:
            store.execute("BEGIN")
            names = [name for (name,) in store.execute("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'")]
            self.rows = {name: store.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in names}
            self.bytes = dict(store.execute("SELECT name, sum(pgsize) FROM dbstat GROUP BY name"))
        finally:
            store.close()

    def grown(self, before, spared=()):
        """The tables that have more rows than before, with how many more."""
        return {name: more for name, count in self.rows.items() if name not in spared and (more := count - before.rows.get(name, 0)) > 0}

    def growth(self, before, of=None):
        """Bytes that came since, of all or of some tables and indexes."""
        names = self.bytes if of is None else of
        return sum(self.bytes.get(name, 0) - before.bytes.get(name, 0) for name in names)
