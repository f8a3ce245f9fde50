"""Subjects a second: journaled, by the same engine with the journal off, and by a plain script."""

from __future__ import annotations

import json
import sqlite3
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, nullcontext
from itertools import groupby
from pathlib import Path
from typing import Any

import msgspec
import psycopg

from commands.apply import apply
from commands.opening import Asker
from commands.transform import Rows, Select, Transform, derive, first, generated, key, merge_lists
from commands.transform.engine import Engine
from commands.transform.findings import Batch
from commands.transform.running import reader
from journal.effect import Row
from journal.known import TYPES, Known, known
from journal.opening import open_journal
from journal.values import SchemaObject
from tests.benchmarks.measure import Cost, measured, peak_memory
from tests.benchmarks.subjects import Subject, open_journal_on, subject

BATCH = 1000
TABLES = (
    "CREATE TABLE users (id integer PRIMARY KEY, name text)",
    "CREATE TABLE context (id integer PRIMARY KEY, user_id integer, kind text, data text)",
    "CREATE TABLE profile (user_id integer PRIMARY KEY, name text, location text, tags text,"
    " complete integer)",
    "CREATE TABLE intent (id text PRIMARY KEY, user_id integer, kind text, goal text)",
)
FILL = (
    "INSERT INTO users SELECT n, 'Person ' || n FROM {series} AS s",
    "INSERT INTO context SELECT n * 3 + k, n, 'kind' || k, '{{\"location\": \"Place ' || (n % 97)"
    ' || \'", "tags": ["a", "t\' || (n % 13) || \'", "k\' || k || \'"], "goal": "goal \''
    " || n || '\", \"pets\": ' || k || '}}' FROM {series} AS s,"
    " (SELECT 0 AS k UNION ALL SELECT 1 UNION ALL SELECT 2) AS kinds WHERE (n + k) % 8 <> 0",
    "CREATE INDEX context_user ON context (user_id)",
)
SELECT = (
    "SELECT u.id AS user_id, u.name, c.id AS context_id, c.kind, c.data FROM users u"
    " LEFT JOIN context c ON c.user_id = u.id"
)


def complete(row: dict[str, Any]) -> int:
    """Count what is there."""
    return sum(bool(row[name]) for name in ("name", "location", "tags"))


SPEC = Transform(
    name="profiles",
    source=Select(sql=SELECT, order="context_id", unpack=("data",)),
    subject="user_id",
    record=("context_id",),
    into=(
        Rows(
            table="profile",
            columns={
                "user_id": key("user_id"),
                "name": first("name"),
                "location": first("location"),
                "tags": merge_lists("tags"),
                "complete": derive(complete),
            },
        ),
        Rows(
            table="intent",
            per=("kind",),
            columns={
                "id": generated("intent"),
                "user_id": key("user_id"),
                "kind": key("kind"),
                "goal": first("goal"),
            },
        ),
    ),
)
FILE = f"""
from commands.transform import Migration
from tests.benchmarks.transforms import SPEC

migration = Migration(batched={BATCH}, steps=(SPEC,))
"""


class Rate(msgspec.Struct, kw_only=True):
    """What transforming so many subjects cost, and the peak memory in MB."""

    kind: str
    way: str
    subjects: int
    cost: Cost
    memory: float


def measure(kind: str, way: str, count: int, home: Path, server: str) -> Rate:
    """Transform ``count`` subjects in one way, in a database of its own."""
    with subject(kind, home, server) as made:
        fill(made, count)
        open_journal_on(made)
        cost = WAYS[way](made)
        done = made.session().session.value("SELECT count(*) FROM profile")  # type: ignore[attr-defined]
        assert done == count, (done, count)
        return Rate(kind=kind, way=way, subjects=count, cost=cost, memory=peak_memory())


def fill(made: Subject, count: int) -> None:
    """Make so many users with their contexts."""
    series = (
        f"generate_series(1, {count})" + " AS s(n)"
        if made.kind == "postgresql"
        else f"(WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < {count})"
        " SELECT n FROM r) AS s"
    )
    session = made.session()
    for statement in (*TABLES, *FILL):
        text = statement.replace("{series} AS s", series).replace("{{", "{").replace("}}", "}")
        session.session.run(text)  # type: ignore[attr-defined]
    if made.kind == "postgresql":
        session.session.run("VACUUM ANALYZE")  # type: ignore[attr-defined]


def _journaled(made: Subject) -> Cost:
    """As ``clew apply`` does it, in batches; a server's work is counted by its wall clock."""
    with tempfile.TemporaryDirectory() as home:
        (Path(home) / "0001_profiles.py").write_text(FILE, encoding="utf-8")
        with measured() as cost:
            apply(made.target, [Path(home)], asker=Asker(actor="benchmark"))
    return cost


class _Off:
    """A recording that keeps nothing: rows are written as the engine writes them, uncaptured."""

    def __init__(self, made: Subject, schema: Known) -> None:
        self.made = made
        self.known = schema
        self.number = 0
        self.session: Any = made.session()
        self.database: Any = self

    kind = property(lambda self: self.made.kind)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.session, name)

    def note(self, *events: object) -> None:
        """Keep nothing."""

    def put_content(self, *content: object) -> None:
        """Keep nothing."""

    def put_contents(self, contents: object) -> None:
        """Keep nothing."""

    def point(self) -> AbstractContextManager[None]:
        """Take nothing back."""
        return nullcontext()

    def insert(
        self, table: SchemaObject, columns: Sequence[str], rows: Iterable[Row], **_: object
    ) -> None:
        """Write rows as ``Database.insert`` does, and capture nothing."""
        if self.made.kind == "sqlite":
            from journal.sqlite import transfer

            bound = map(transfer.bound, rows)
            self.session.session.raw.executemany(transfer.insertion(table, columns), bound)
        else:
            from journal.postgresql import transfer as to

            self.session.session.copy(to.insertion(table, columns), to.copy_text(rows))


def _unjournaled(made: Subject) -> Cost:
    with open_journal(made.target.url.render_as_string(hide_password=False)) as journal:
        off: Any = _Off(made, known(journal.read(types=TYPES)))
    session = off.session
    with measured() as cost:
        session.begin()
        found = reader(SPEC, session)
        spans = tuple(found.spans(BATCH, after=None))
        session.commit()
        engine = Engine(SPEC, off, migration="m")
        for number, span in enumerate(spans, start=1):
            session.begin()
            engine.take(Batch(number=number), tuple(found.within(span)), off)
            session.commit()
    return cost


def _script(made: Subject) -> Cost:
    """What one writes by hand: read everything, one transaction for each subject."""
    url = made.target.url
    with measured() as cost:
        if made.kind == "sqlite":
            with closing(sqlite3.connect(str(url.database), isolation_level=None)) as db:
                _by_hand(db.execute, db.execute(f"{SELECT} ORDER BY 1, 3").fetchall(), "?")
        else:
            plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
            with psycopg.connect(plain, autocommit=True) as pg:
                read = pg.execute(f"{SELECT} ORDER BY 1, 3".encode()).fetchall()
                _by_hand(pg.execute, read, "%s")
    return cost


def _by_hand(execute: Callable[..., Any], rows: list[tuple[Any, ...]], hold: str) -> None:
    profile = f"INSERT INTO profile VALUES ({', '.join([hold] * 5)})"
    intent = f"INSERT INTO intent VALUES ({', '.join([hold] * 4)})"
    for user, group in groupby(rows, lambda row: row[0]):
        records = list(group)
        blobs = [json.loads(row[4]) for row in records if row[4]]
        tags = list(dict.fromkeys(tag for blob in blobs for tag in blob["tags"]))
        place = next((blob["location"] for blob in blobs), None)
        name = records[0][1]
        execute("BEGIN")
        execute(
            profile,
            (user, name, place, json.dumps(tags), sum(map(bool, (name, place, tags)))),
        )
        for row, blob in _pairs(records):
            execute(intent, (f"{user}-{row[3]}", user, row[3], blob["goal"]))
        execute("COMMIT")


def _pairs(records: list[tuple[Any, ...]]) -> Iterator[tuple[tuple[Any, ...], dict[str, Any]]]:
    return ((row, json.loads(row[4])) for row in records if row[4])


WAYS: dict[str, Callable[[Subject], Cost]] = {
    "journaled": _journaled,
    "journal off": _unjournaled,
    "plain script": _script,
}
